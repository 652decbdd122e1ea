variable "name" {
  description = "Names the instance and everything beside it."
  type        = string
  default     = "calliope"
}

variable "tags" {
  description = "Tags for everything."
  type        = map(string)
  default     = {}
}

variable "vpc_id" {
  description = "The VPC it stands in."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets in two or more availability zones."
  type        = list(string)
}

variable "load" {
  description = "What it is sized for: SIP messages a second in the busiest hour, the mean as a share of that, days kept, and bytes a message takes in the database (docs/benchmarks.md)."
  type = object({
    messages_per_second = number
    mean_share          = optional(number, 0.4)
    retention_days      = optional(number, 14)
    bytes_per_message   = optional(number, 180)
  })

  validation {
    condition     = var.load.messages_per_second > 0 && var.load.messages_per_second <= 1000000
    error_message = "load.messages_per_second is 1 to 1,000,000; beyond that split the fleet over several databases (docs/sizing.md)."
  }
  validation {
    condition     = var.load.mean_share > 0 && var.load.mean_share <= 1
    error_message = "load.mean_share is the mean divided by the busiest hour: above 0, at most 1."
  }
}

variable "instance_class" {
  description = "An instance class of your own choice instead of the table's."
  type        = string
  default     = null
}

variable "engine_version" {
  description = "PostgreSQL's major version, 14 to 18; minor ones come by themselves in the maintenance window."
  type        = string
  default     = "17"

  validation {
    condition     = contains(["14", "15", "16", "17", "18"], var.engine_version)
    error_message = "engine_version is 14, 15, 16, 17 or 18."
  }
}

variable "multi_az" {
  description = "A standby in another zone. While a single instance is away packets wait in the spools: delay, not loss, as long as the spools have room."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days of backups, 1 to 35."
  type        = number
  default     = 7
}

variable "deletion_protection" {
  description = "Refuse to be deleted, and keep a last snapshot when it is after all."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "A key of your own for storage, secret and performance data; null: AWS's."
  type        = string
  default     = null
}

variable "rotation_schedule" {
  description = "When RDS changes the master password (UTC); tasks read it at their start, so let the renewal module follow it."
  type        = string
  default     = "cron(0 3 1 * ? *)"
}

variable "parameters" {
  description = "PostgreSQL parameters of your own, over the module's."
  type        = map(string)
  default     = {}
}

variable "topic_arns" {
  description = "SNS topics for the alarms."
  type        = list(string)
  default     = []
}
