variable "region" {
  description = "Where it stands."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "Names everything."
  type        = string
  default     = "calliope"
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "private_subnet_ids" {
  description = "Private subnets, in two or more zones, with NAT or VPC endpoints."
  type        = list(string)
}

variable "sender_cidrs" {
  description = "Networks of the SIP servers."
  type        = list(string)
}

variable "admin_cidrs" {
  description = "Networks from which people reach the screen, and Prometheus the nodes."
  type        = list(string)
}

variable "public_url" {
  description = "What people type to see the screen, such as https://calliope.example."
  type        = string
}

variable "image" {
  description = "Calliope's image, by digest."
  type        = string
}

variable "image_repository_arn" {
  description = "Its ECR repository; null for a registry without login."
  type        = string
  default     = null
}

variable "secret_arn" {
  description = "A Secrets Manager secret with JSON: http_token and agent_keys."
  type        = string
}

variable "tls_certificate_arn" {
  description = "ACM certificate for HEP over TLS and for the screen: both names in it."
  type        = string
}

variable "kms_key_arn" {
  description = "A key of your own for everything stored, secrets included."
  type        = string
  default     = null
}

variable "messages_per_second" {
  description = "SIP messages in the busiest second."
  type        = number
  default     = 20000
}

variable "retention_days" {
  description = "Days calls are kept."
  type        = number
  default     = 14
}

variable "timezone" {
  description = "Of the office hours."
  type        = string
  default     = "Europe/Berlin"
}

variable "compute" {
  description = "What tasks run on: the capture module's variable of the same name."
  type        = any
  default     = { kind = "fargate", cpu = 2048, memory_mib = 4096 }
}

variable "scaling" {
  description = "What `calliope policy` prints; scaling.auto.tfvars.json has it."
  type        = any
}

variable "lambda_package" {
  description = "The reconciler's zip; deploy/lambda/README.md says how it is built."
  type        = string
  default     = "../../../lambda/dist/calliope-events.zip"
}

variable "monitoring" {
  description = "The monitoring vendor's account and the external id it gave you; null: no role."
  type        = object({ vendor_account_id = string, external_id = string })
  default     = null
  sensitive   = true
}
