variable "name" {
  description = "The role's name."
  type        = string
  default     = "calliope-monitoring"
}

variable "tags" {
  description = "Tags for the role."
  type        = map(string)
  default     = {}
}

variable "vendor_account_id" {
  description = "The AWS account of the monitoring vendor, twelve digits, from its documentation."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.vendor_account_id))
    error_message = "vendor_account_id is twelve digits."
  }
}

variable "external_id" {
  description = "The secret the vendor shows when it takes the role; the vendor makes one for each customer. There is no default: a known one lets every other customer of the vendor in."
  type        = string
  sensitive   = true

  validation {
    condition     = length(var.external_id) >= 16
    error_message = "external_id has at least 16 characters: it is what keeps other customers of the vendor out."
  }
}

variable "actions" {
  description = "What the vendor may read, action by action. The default is what graphs of this fleet need and nothing else."
  type        = set(string)
  default = [
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "ecs:DescribeClusters",
    "ecs:DescribeServices",
    "ecs:ListClusters",
    "ecs:ListServices",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "rds:DescribeDBInstances",
    "tag:GetResources",
  ]

  validation {
    condition     = alltrue([for action in var.actions : can(regex("^[a-z0-9-]+:(Describe|Get|List|Search|Lookup|BatchGet)[A-Za-z]+$", action))])
    error_message = "actions are single reading actions such as ecs:DescribeServices: no wildcards, nothing that writes."
  }
  validation {
    condition = length(setintersection(var.actions, [
      "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "s3:GetObject", "ecr:GetAuthorizationToken", "logs:GetLogEvents", "kms:GetPublicKey",
    ])) == 0
    error_message = "actions must not read secrets, parameters, objects or logs: a monitoring vendor needs none of them, and calls would leave the house."
  }
}
