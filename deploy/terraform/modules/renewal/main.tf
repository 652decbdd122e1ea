# Secrets are read when a task starts. After the database's password was changed, open connections go on, new ones
# are refused: so, some time after each change, the services start anew, task by task, draining as always.

resource "aws_scheduler_schedule" "renew" {
  for_each = toset(var.services)

  name                         = "${var.name}-${each.value}"
  description                  = "Tasks of ${each.value} read their secrets anew"
  schedule_expression          = var.schedule
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${local.partition}:scheduler:::aws-sdk:ecs:updateService"
    role_arn = aws_iam_role.renew.arn
    input    = jsonencode({ Cluster = var.cluster_name, Service = each.value, ForceNewDeployment = true })

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }
}

resource "aws_iam_role" "renew" {
  name = var.name
  tags = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "renew" {
  name = "renew"
  role = aws_iam_role.renew.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "StartAnew"
      Effect   = "Allow"
      Action   = ["ecs:UpdateService"]
      Resource = [for service in var.services : "arn:${local.partition}:ecs:${local.region}:${local.account}:service/${var.cluster_name}/${service}"]
    }]
  })
}
