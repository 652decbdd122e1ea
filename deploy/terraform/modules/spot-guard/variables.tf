variable "name" {
  description = "Names the function and what belongs to it."
  type        = string
  default     = "calliope-events"
}

variable "tags" {
  description = "Tags for everything."
  type        = map(string)
  default     = {}
}

variable "package" {
  description = "The function's zip, deploy/lambda/dist/calliope-events.zip; deploy/lambda/README.md says how it is built."
  type        = string
}

variable "cluster_name" {
  description = "The ECS cluster that is looked after."
  type        = string
}

variable "spot" {
  description = "Stand-ins for spot tasks that were taken away: the spot service, the on-demand service of the same task (the capture module's stand-in), how few and how many, and how long all must be well before they are given back. null: not looked after."
  type = object({
    service           = string
    on_demand_service = string
    least             = optional(number, 0)
    most              = optional(number, 4)
    give_back_after   = optional(number, 300)
    on_ec2_spot_hosts = optional(bool, false)
  })
  default = null
}

variable "per_host" {
  description = "One task on every host, where DAEMON scheduling is not to be had. null: not looked after."
  type        = object({ service = string, most = optional(number, 100) })
  default     = null
}

variable "fast_metrics" {
  description = "A service whose CPU and memory are to be measured every 20 seconds, which Terraform cannot say yet. null: not looked after."
  type        = object({ service = string })
  default     = null
}

variable "connections" {
  description = "Caps a service's tasks by the connections its database has. null: not looked after."
  type = object({
    service   = string
    available = number
    reserved  = optional(number, 20)
    per_task  = optional(number, 16)
    most      = optional(number, 50)
  })
  default = null
}

variable "reserved_concurrency" {
  description = "1 keeps two runs out of each other's way; -1 reserves nothing, which is as correct. New accounts have too few to reserve any."
  type        = number
  default     = -1
}

variable "topic_arns" {
  description = "SNS topics for the alarms."
  type        = list(string)
  default     = []
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the function's log."
  type        = number
  default     = 30
}
