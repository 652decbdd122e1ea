variable "name" {
  description = "Names the role and begins the schedules' names."
  type        = string
  default     = "calliope-renewal"
}

variable "tags" {
  description = "Tags for the role."
  type        = map(string)
  default     = {}
}

variable "cluster_name" {
  description = "The cluster of the services."
  type        = string
}

variable "services" {
  description = "Services whose tasks are replaced one by one, such as the capture module's and the screen's."
  type        = list(string)
}

variable "schedule" {
  description = "When, as cron or rate (UTC): two hours after the database module changes the password."
  type        = string
  default     = "cron(0 5 1 * ? *)"
}
