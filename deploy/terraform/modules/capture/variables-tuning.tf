# Everything here has a default that suits most estates.

variable "compute" {
  description = "What tasks run on: fargate, ec2 (own auto scaling groups) or managed_instances; how big a task is; and, with daemon, one task on every host (ec2 only, no task scaling)."
  type = object({
    kind         = optional(string, "fargate")
    daemon       = optional(bool, false)
    architecture = optional(string, "X86_64")
    cpu          = optional(number, 1024)
    memory_mib   = optional(number, 2048)

    # ec2 and managed_instances only. The first type is preferred; several make spot last longer.
    instance_types   = optional(list(string), ["c7i.large", "c6i.large", "m7i.large"])
    instance_ami     = optional(string)
    hosts_min        = optional(number, 1)
    hosts_max        = optional(number, 10)
    host_storage_gib = optional(number, 60)
  })
  default = {}

  validation {
    condition     = contains(["fargate", "ec2", "managed_instances"], var.compute.kind)
    error_message = "compute.kind is fargate, ec2 or managed_instances."
  }
  validation {
    condition     = !var.compute.daemon || var.compute.kind == "ec2"
    error_message = "compute.daemon needs compute.kind = \"ec2\": there are no hosts of your own under the others."
  }
  validation {
    condition     = contains(["X86_64", "ARM64"], var.compute.architecture)
    error_message = "compute.architecture is X86_64 or ARM64."
  }
  validation {
    condition = var.compute.kind != "fargate" || contains(lookup({
      "256"   = [512, 1024, 2048]
      "512"   = range(1024, 4097, 1024)
      "1024"  = range(2048, 8193, 1024)
      "2048"  = range(4096, 16385, 1024)
      "4096"  = range(8192, 30721, 1024)
      "8192"  = range(16384, 61441, 4096)
      "16384" = range(32768, 122881, 8192)
    }, tostring(var.compute.cpu), []), var.compute.memory_mib)
    error_message = "compute.cpu and memory_mib do not go together on Fargate: 256 with 512 to 2048; 512, 1024, 2048 with two to eight times as much; 4096 with 8192 to 30720; 8192 with 16384 to 61440; 16384 with 32768 to 122880."
  }
  validation {
    condition     = var.compute.kind == "fargate" || alltrue([for type in var.compute.instance_types : can(regex("^[a-z]+[0-9]+g", type)) == (var.compute.architecture == "ARM64")])
    error_message = "compute.instance_types must be of compute.architecture: c7g and the like are ARM64, the others X86_64."
  }
}

variable "cluster" {
  description = "An ECS cluster of your own; null makes one. Its capacity providers are yours too: on_demand_provider and spot_provider name them (FARGATE and FARGATE_SPOT have to be attached to it)."
  type = object({
    name               = string
    on_demand_provider = optional(string, "FARGATE")
    spot_provider      = optional(string, "FARGATE_SPOT")
  })
  default = null
}

variable "spool" {
  description = "The disk for what waits for the database: gib of task storage (21 to 200), or with ebs a volume of its own that comes and goes with each task."
  type = object({
    gib        = optional(number, 50)
    ebs        = optional(bool, false)
    iops       = optional(number, 3000)
    throughput = optional(number, 250)
  })
  default = {}

  validation {
    condition     = var.spool.gib >= 21 && (var.spool.ebs || var.spool.gib <= 200)
    error_message = "spool.gib is 21 to 200, or up to 16384 with spool.ebs."
  }
}

variable "tls" {
  description = "HEP over TLS on 9062, which ends at the load balancer: an ACM certificate, and which TLS versions and ciphers are taken. null: no TLS listener."
  type = object({
    certificate_arn = string
    policy          = optional(string, "ELBSecurityPolicy-TLS13-1-2-2021-06")
  })
  default = null
}

variable "stopping" {
  description = "Seconds of an orderly end. The balancer moves on within deregistration; the node goes on receiving for wait, then empties its spool for at most drain; kill comes at stop (AWS allows 120)."
  type = object({
    deregistration = optional(number, 60)
    wait           = optional(number, 30)
    drain          = optional(number, 75)
    stop           = optional(number, 120)
  })
  default = {}

  validation {
    condition     = var.stopping.stop <= 120 && var.stopping.stop >= 30
    error_message = "stopping.stop is 30 to 120: that is what Fargate allows, and what spot gives as notice."
  }
  validation {
    condition     = var.stopping.deregistration < var.stopping.stop
    error_message = "stopping.deregistration must be below stopping.stop, else packets are sent to a node that is gone."
  }
  validation {
    condition     = var.stopping.wait + var.stopping.drain + 10 <= var.stopping.stop
    error_message = "stopping.wait + drain must leave 10 seconds of stopping.stop for the hand-over of what is left."
  }
}

variable "health_check" {
  description = "How the balancer finds out: seconds between checks, and how many in a row change its mind. The path minds no database outage: packets wait in the spool, and a node that ECS replaced for it would take its spool along."
  type = object({
    interval  = optional(number, 5)
    healthy   = optional(number, 2)
    unhealthy = optional(number, 2)
    path      = optional(string, "/readyz?for=hep")
    grace     = optional(number, 60)
  })
  default = {}
}

variable "deployment" {
  description = "How a new revision comes in: alarms that ring during it roll it back, as the circuit breaker does when tasks do not become healthy."
  type = object({
    minimum_healthy_percent = optional(number, 100)
    maximum_percent         = optional(number, 200)
    rollback_on_alarm       = optional(bool, true)
    wait_for_steady_state   = optional(bool, false)
  })
  default = {}
}

variable "environment" {
  description = "More settings for the nodes, as environment variables (docs/configuration.md). No secrets here: they would stand in the task definition."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : startswith(name, "CALLIOPE_")])
    error_message = "environment holds CALLIOPE_… settings only."
  }
}

variable "execute_command" {
  description = "Allow `aws ecs execute-command` into a task, such as `--command \"/usr/bin/calliope doctor\"` (the image has no shell). It makes the root file system writable, which ECS's agent needs: off unless wanted."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the nodes' logs."
  type        = number
  default     = 14
}

variable "kms_key_arn" {
  description = "A key of your own for logs, the hand-over bucket and EBS spools; null: AWS's. Its policy must let CloudWatch Logs of the region use it."
  type        = string
  default     = null
}

variable "schedules" {
  description = "Times at which the limits of scaling move, such as a higher floor for office hours: cron or at expression, time zone, new minimum and maximum."
  type = map(object({
    schedule = string
    timezone = optional(string, "UTC")
    min      = number
    max      = number
  }))
  default = {}
}

variable "alarms" {
  description = "Where alarms are sent (SNS topics) and when they ring."
  type = object({
    topic_arns           = optional(list(string), [])
    skew_max             = optional(number, 2)
    spool_age_max        = optional(number, 60)
    unhealthy_for_checks = optional(number, 3)
  })
  default = {}
}

variable "handover" {
  description = "The bucket for what a stopping node could not store in time: days after which what nobody took is deleted; force_destroy lets `terraform destroy` delete a bucket that holds packets."
  type = object({
    expire_days   = optional(number, 30)
    force_destroy = optional(bool, false)
  })
  default = {}
}

variable "service_discovery" {
  description = "A Cloud Map namespace in which the nodes are found by relays. null: none."
  type        = object({ namespace_id = string })
  default     = null
}

variable "container_insights" {
  description = "enhanced, enabled or disabled; only for a cluster made here."
  type        = string
  default     = "enhanced"
}

variable "deletion_protection" {
  description = "Keep the load balancer (and with it the address your senders know) from being deleted."
  type        = bool
  default     = true
}

variable "dashboard_template" {
  description = "A CloudWatch dashboard with the placeholders cluster, service, load_balancer and region. Empty: that of deploy/dashboards; null: none."
  type        = string
  default     = ""
}
