# Secrets are read when a task starts. After the database's password was changed, open connections go on, new ones
# would be refused: so, some time after each change, the service starts anew, node by node, draining as always.

resource "aws_scheduler_schedule" "renew" {
  count = var.renew_schedule == null ? 0 : 1

  name                         = "${var.name}-renew"
  description                  = "Nodes read their secrets anew"
  schedule_expression          = var.renew_schedule
  schedule_expression_timezone = "UTC"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = "arn:${local.partition}:scheduler:::aws-sdk:ecs:updateService"
    role_arn = aws_iam_role.renew[0].arn
    input    = jsonencode({ Cluster = local.cluster_name, Service = aws_ecs_service.capture.name, ForceNewDeployment = true })

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 10
    }
  }
}

resource "aws_iam_role" "renew" {
  count = var.renew_schedule == null ? 0 : 1

  name = "${var.name}-renew"
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
  count = var.renew_schedule == null ? 0 : 1

  name = "renew"
  role = aws_iam_role.renew[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "StartAnew"
      Effect   = "Allow"
      Action   = ["ecs:UpdateService"]
      Resource = ["arn:${local.partition}:ecs:${local.region}:${local.account}:service/${local.cluster_name}/${var.name}"]
    }]
  })
}
