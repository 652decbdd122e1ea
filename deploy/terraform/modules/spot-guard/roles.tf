# What the function may do, part by part: a part that is not looked after grants nothing. The list is that of
# src/fleet/events/iam.ts; a test compares the two.

locals {
  ecs = "arn:${local.partition}:ecs:${local.region}:${local.account}"
  service_arns = {
    for name in distinct(compact([
      try(var.spot.service, ""), try(var.spot.on_demand_service, ""), try(var.per_host.service, ""),
      try(var.fast_metrics.service, ""), try(var.connections.service, ""),
    ])) : name => "${local.ecs}:service/${var.cluster_name}/${name}"
  }

  statements = concat(
    [{
      Sid      = "Log"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.reconciler.arn}:*"]
      }, {
      Sid      = "KeepWhatFailed"
      Effect   = "Allow"
      Action   = ["sqs:SendMessage"]
      Resource = [aws_sqs_queue.undelivered.arn]
    }],
    var.spot == null && var.per_host == null && var.fast_metrics == null ? [] : [{
      Sid      = "Services"
      Effect   = "Allow"
      Action   = ["ecs:DescribeServices", "ecs:UpdateService"]
      Resource = [for name in compact([try(var.spot.service, ""), try(var.spot.on_demand_service, ""), try(var.per_host.service, ""), try(var.fast_metrics.service, "")]) : local.service_arns[name]]
    }],
    var.spot == null ? [] : [{
      Sid       = "SpotTasks" # listing is limited by the cluster, not by a resource
      Effect    = "Allow"
      Action    = ["ecs:ListTasks"]
      Resource  = ["*"]
      Condition = { ArnEquals = { "ecs:cluster" = local.cluster_arn } }
    }],
    var.spot == null ? [] : [{
      Sid      = "HowTasksFare"
      Effect   = "Allow"
      Action   = ["ecs:DescribeTasks"]
      Resource = ["${local.ecs}:task/${var.cluster_name}/*"]
    }],
    var.spot == null && var.per_host == null ? [] : [{
      Sid      = "Hosts"
      Effect   = "Allow"
      Action   = ["ecs:ListContainerInstances"]
      Resource = [local.cluster_arn]
    }],
    var.fast_metrics == null ? [] : [{
      Sid      = "FastMetrics"
      Effect   = "Allow"
      Action   = ["ecs:DescribeServiceRevisions"]
      Resource = ["${local.ecs}:service-revision/${var.cluster_name}/${var.fast_metrics.service}/*"]
    }],
    var.connections == null ? [] : [{
      Sid      = "ReadLimits" # has no resource to be limited to
      Effect   = "Allow"
      Action   = ["application-autoscaling:DescribeScalableTargets"]
      Resource = ["*"]
    }],
    var.connections == null ? [] : [{
      Sid       = "MoveLimits"
      Effect    = "Allow"
      Action    = ["application-autoscaling:RegisterScalableTarget"]
      Resource  = ["arn:${local.partition}:application-autoscaling:${local.region}:${local.account}:scalable-target/*"]
      Condition = { StringEquals = { "application-autoscaling:service-namespace" = "ecs" } }
    }],
  )
}

resource "aws_iam_role" "reconciler" {
  name        = var.name
  description = "Calliope's reconciler"
  tags        = local.tags

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "reconciler" {
  name   = "reconcile"
  role   = aws_iam_role.reconciler.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
