variable "name" {
  description = "Names the service and what belongs to it; kebab case, at most 24 characters."
  type        = string
  default     = "calliope-screen"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}[a-z0-9]$", var.name))
    error_message = "name is kebab case, 2 to 24 characters, such as calliope-screen."
  }
}

variable "tags" {
  description = "Tags for everything."
  type        = map(string)
  default     = {}
}

variable "image" {
  description = "Calliope's image, by digest: the same as that of the capture nodes."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must end in @sha256: and 64 hex digits."
  }
}

variable "image_repository_arn" {
  description = "ARN of the image's ECR repository; null for a registry that needs no login."
  type        = string
  default     = null
}

variable "cluster_name" {
  description = "An ECS cluster with Fargate, such as the capture module's."
  type        = string
}

variable "network" {
  description = "VPC, subnets of the tasks and of the load balancer (default: the same), the networks people come from, and whether tasks get a public address (only in subnets without NAT)."
  type = object({
    vpc_id              = string
    subnet_ids          = list(string)
    balancer_subnet_ids = optional(list(string))
    viewer_cidrs        = list(string)
    internal            = optional(bool, true)
    assign_public_ip    = optional(bool, false)
    https_egress_cidrs  = optional(list(string), ["0.0.0.0/0"])
  })

  validation {
    condition     = length(var.network.viewer_cidrs) > 0 && alltrue([for cidr in var.network.viewer_cidrs : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "network.viewer_cidrs are the networks people come from, not the whole internet: calls are personal data."
  }
}

variable "database" {
  description = "As the capture module's variable of the same name."
  type = object({
    host               = string
    port               = optional(number, 5432)
    name               = optional(string, "calliope")
    secret_arn         = string
    user_key           = optional(string, "username")
    password_key       = optional(string, "password")
    sslmode            = optional(string, "require")
    security_group_ids = optional(list(string), [])
    cidrs              = optional(list(string), [])
    connections        = optional(number)
  })
}

variable "secrets" {
  description = "An administrator's token, with which the first user is made; the secret of an identity provider's client (null: none); keys that encrypt them, where they are not the account's default."
  type = object({
    http_token         = object({ arn = string, key = optional(string, "http_token") })
    oidc_client_secret = optional(object({ arn = string, key = optional(string, "oidc_client_secret") }))
    kms_key_arns       = optional(list(string), [])
  })
}

variable "certificate_arn" {
  description = "ACM certificate of the name people type: passwords do not cross a network in the clear."
  type        = string
}

variable "public_url" {
  description = "What people type, such as https://calliope.example; point the name at the output `address`."
  type        = string

  validation {
    condition     = startswith(var.public_url, "https://")
    error_message = "public_url begins with https://."
  }
}

variable "environment" {
  description = "More settings (docs/configuration.md), such as CALLIOPE_OIDC_ISSUER and CALLIOPE_OIDC_ROLES. No secrets here."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : startswith(name, "CALLIOPE_")])
    error_message = "environment holds CALLIOPE_… settings only."
  }
}

variable "tasks" {
  description = "How many, and how big."
  type = object({
    count        = optional(number, 1)
    cpu          = optional(number, 512)
    memory_mib   = optional(number, 1024)
    architecture = optional(string, "X86_64")
  })
  default = {}
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the logs."
  type        = number
  default     = 14
}

variable "deletion_protection" {
  description = "Keep the load balancer from being deleted."
  type        = bool
  default     = true
}
