variable "region" {
  description = "Where it stands."
  type        = string
  default     = "eu-central-1"
}

variable "image" {
  description = "Calliope's image, by digest."
  type        = string
}

variable "secret_arn" {
  description = "A Secrets Manager secret with JSON that has http_token in it."
  type        = string
}

variable "messages_per_second" {
  description = "SIP messages in the busiest second, for the database's size."
  type        = number
  default     = 1000
}

variable "scaling" {
  description = "What `calliope policy` prints; scaling.auto.tfvars.json has it."
  type        = any
}

variable "deletion_protection" {
  description = "false for a trial that goes away again."
  type        = bool
  default     = true
}
