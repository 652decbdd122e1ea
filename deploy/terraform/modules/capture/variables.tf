# What every estate has to say. Tuning is in variables-tuning.tf.

variable "name" {
  description = "Names the fleet and everything in it; kebab case, at most 20 characters (a target group's name holds 32)."
  type        = string
  default     = "calliope"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name))
    error_message = "name is kebab case, 2 to 20 characters, such as calliope-eu."
  }
}

variable "tags" {
  description = "Tags for everything, beside application and calliope-fleet."
  type        = map(string)
  default     = {}
}

variable "image" {
  description = "The container image, by digest: a tag may change between two tasks of one fleet."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must end in @sha256: and 64 hex digits; `docker buildx imagetools inspect IMAGE:TAG` prints them."
  }
}

variable "image_repository_arn" {
  description = "ARN of the image's ECR repository in this or another account; null for a registry that needs no login."
  type        = string
  default     = null
}

variable "network" {
  description = "Where it stands: the VPC, subnets of the tasks and of the load balancer (default: the same), and whether tasks get a public address (only in subnets without NAT)."
  type = object({
    vpc_id                = string
    subnet_ids            = list(string)
    balancer_subnet_ids   = optional(list(string))
    assign_public_ip      = optional(bool, false)
    internal              = optional(bool, true)
    sender_cidrs          = list(string)
    admin_cidrs           = optional(list(string), [])
    https_egress_cidrs    = optional(list(string), ["0.0.0.0/0"])
    extra_security_groups = optional(list(string), [])
  })

  validation {
    condition     = length(var.network.sender_cidrs) > 0
    error_message = "network.sender_cidrs names the networks your SIP servers send HEP from; without one nothing arrives."
  }
  validation {
    condition     = alltrue([for cidr in concat(var.network.sender_cidrs, var.network.admin_cidrs) : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "network.sender_cidrs and admin_cidrs are networks such as 10.20.0.0/16, not the whole internet: HEP carries numbers and keys."
  }
  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "network.subnet_ids needs subnets in two or more availability zones."
  }
}

variable "database" {
  description = "The PostgreSQL nodes write to. The secret is JSON in Secrets Manager holding user_key and password_key; security_group_ids are opened for the nodes, cidrs are where else it may be. connections: how many it takes, so that a policy with too many nodes for it is refused."
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

  validation {
    condition     = contains(["require", "verify-ca", "verify-full"], var.database.sslmode)
    error_message = "database.sslmode is require, verify-ca or verify-full: calls do not cross a network in the clear."
  }
}

variable "secrets" {
  description = "Where the other secrets lie: an administrator's token for HTTP (required off loopback), and the agents' HEP keys, comma-separated (null: any sender in sender_cidrs may send). kms_key_arns: keys that encrypt any of the secrets, where they are not the account's default."
  type = object({
    http_token   = object({ arn = string, key = optional(string, "http_token") })
    agent_keys   = optional(object({ arn = string, key = optional(string, "agent_keys") }))
    kms_key_arns = optional(list(string), [])
  })
}

variable "scaling" {
  description = "Exactly what `calliope policy PRESET --as terraform` prints: one policy that was simulated before it is deployed."
  type = object({
    policy    = string
    nodes_min = number
    nodes_max = number
    target_tracking = map(object({
      predefined_metric  = optional(string)
      custom_metric      = optional(object({ namespace = string, metric_name = string, statistic = string }))
      target_value       = number
      scale_out_cooldown = number
      scale_in_cooldown  = number
      disable_scale_in   = bool
    }))
    step_scaling = map(object({
      alarm = object({
        namespace           = string
        metric_name         = string
        statistic           = string
        comparison_operator = string
        threshold           = number
        period              = number
        evaluation_periods  = number
        treat_missing_data  = string
      })
      adjustment_type          = string
      min_adjustment_magnitude = optional(number)
      metric_aggregation_type  = string
      cooldown                 = number
      steps                    = list(object({ lower = optional(number), upper = optional(number), adjustment = number }))
    }))
    simple_scaling = map(object({
      alarm = object({
        namespace           = string
        metric_name         = string
        statistic           = string
        comparison_operator = string
        threshold           = number
        period              = number
        evaluation_periods  = number
        treat_missing_data  = string
      })
      adjustment_type          = string
      min_adjustment_magnitude = optional(number)
      metric_aggregation_type  = string
      cooldown                 = number
      steps                    = list(object({ lower = optional(number), upper = optional(number), adjustment = number }))
    }))
    predictive_scaling = map(object({
      predefined_metric_pair = optional(string)
      custom_metric          = optional(object({ namespace = string, metric_name = string, statistic = string }))
      target_value           = number
      lead                   = number
      mode                   = string
    }))
    capacity = object({
      on_demand_base   = number
      on_demand_weight = number
      spot_weight      = number
      stand_ins_max    = number
    })
    hosts = optional(object({
      hosts_min          = number
      hosts_max          = number
      nodes_per_host     = number
      cpu_target         = number
      scale_out_cooldown = number
      scale_in_cooldown  = number
    }))
  })

  validation {
    condition     = var.scaling.nodes_min >= 1 && var.scaling.nodes_min <= var.scaling.nodes_max
    error_message = "scaling.nodes_min is at least 1 and at most nodes_max: a fleet of none loses every packet."
  }
}
