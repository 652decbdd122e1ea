# Events of the fleet → one function that looks, compares and changes at most one thing (docs/events.md).
#
#   spot task taken away ─┐
#   task not to be placed ┤
#   spot host leaving ────┼─▶ EventBridge ─▶ function ─▶ UpdateService, once
#   host came or went ────┤                    └─ failed for an hour ─▶ queue, alarm
#   every minute ─────────┘

locals {
  fleet = {
    cluster = var.cluster_name
    spot = var.spot == null ? null : {
      service              = var.spot.service
      onDemandService      = var.spot.on_demand_service
      least                = var.spot.least
      most                 = var.spot.most
      giveBackAfterSeconds = var.spot.give_back_after
    }
    perHost     = var.per_host == null ? null : { service = var.per_host.service, most = var.per_host.most }
    fastMetrics = var.fast_metrics == null ? null : { service = var.fast_metrics.service }
    connections = var.connections == null ? null : {
      service   = var.connections.service
      available = var.connections.available
      reserved  = var.connections.reserved
      perTask   = var.connections.per_task
      most      = var.connections.most
    }
  }

  cluster_arn = "arn:${local.partition}:ecs:${local.region}:${local.account}:cluster/${var.cluster_name}"

  rules = merge(
    var.spot == null ? {} : {
      spot-task-taken = {
        source        = ["aws.ecs"]
        "detail-type" = ["ECS Task State Change"]
        detail        = { clusterArn = [local.cluster_arn], stopCode = ["SpotInterruption", "TerminationNotice"] }
      }
      service-action = {
        source        = ["aws.ecs"]
        "detail-type" = ["ECS Service Action"]
        detail        = { clusterArn = [local.cluster_arn], eventName = ["SERVICE_TASK_PLACEMENT_FAILURE", "SERVICE_STEADY_STATE"] }
      }
    },
    try(var.spot.on_ec2_spot_hosts, false) ? {
      spot-host-leaving = {
        source        = ["aws.ec2"]
        "detail-type" = ["EC2 Spot Instance Interruption Warning"]
      }
    } : {},
    var.per_host == null ? {} : {
      hosts-changed = {
        source        = ["aws.ecs"]
        "detail-type" = ["ECS Container Instance State Change"]
        detail        = { clusterArn = [local.cluster_arn] }
      }
    },
  )
}

resource "aws_lambda_function" "reconciler" {
  function_name                  = var.name
  description                    = "Calliope: spot stand-ins, one task per host, fast metrics, database connections"
  role                           = aws_iam_role.reconciler.arn
  filename                       = var.package
  source_code_hash               = filebase64sha256(var.package)
  handler                        = "index.handler"
  runtime                        = "nodejs22.x"
  architectures                  = ["arm64"]
  memory_size                    = 256
  timeout                        = 60
  reserved_concurrent_executions = var.reserved_concurrency
  tags                           = local.tags

  environment {
    variables = {
      CALLIOPE_FLEET = jsonencode({ for part, value in local.fleet : part => value if value != null })
    }
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.undelivered.arn
  }

  depends_on = [aws_cloudwatch_log_group.reconciler, aws_iam_role_policy.reconciler]
}

# An event that is older than some minutes says nothing any more: the schedule looks anyway.
resource "aws_lambda_function_event_invoke_config" "reconciler" {
  function_name                = aws_lambda_function.reconciler.function_name
  maximum_event_age_in_seconds = 300
  maximum_retry_attempts       = 2
}

resource "aws_cloudwatch_event_rule" "fleet" {
  for_each = local.rules

  name          = "${var.name}-${each.key}"
  description   = "Calliope fleet: ${each.key}"
  event_pattern = jsonencode(each.value)
  tags          = local.tags
}

# Gives back what is no longer needed, and finds what an event missed.
resource "aws_cloudwatch_event_rule" "every_minute" {
  name                = "${var.name}-every-minute"
  description         = "Calliope fleet: look again"
  schedule_expression = "rate(1 minute)"
  tags                = local.tags
}

locals {
  all_rules = merge({ every-minute = aws_cloudwatch_event_rule.every_minute }, aws_cloudwatch_event_rule.fleet)
}

resource "aws_cloudwatch_event_target" "reconciler" {
  for_each = local.all_rules

  rule = each.value.name
  arn  = aws_lambda_function.reconciler.arn

  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }

  retry_policy {
    maximum_event_age_in_seconds = 300
    maximum_retry_attempts       = 10
  }
}

resource "aws_lambda_permission" "events" {
  for_each = local.all_rules

  statement_id  = "from-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.reconciler.function_name
  principal     = "events.amazonaws.com"
  source_arn    = each.value.arn
}

resource "aws_sqs_queue" "undelivered" {
  name                      = "${var.name}-undelivered"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = local.tags
}

resource "aws_sqs_queue_policy" "undelivered" {
  queue_url = aws_sqs_queue.undelivered.url

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "EventBridgePutsWhatItCouldNotDeliver"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.undelivered.arn
      Condition = { ArnEquals = { "aws:SourceArn" = [for rule in values(local.all_rules) : rule.arn] } }
    }]
  })
}

resource "aws_cloudwatch_log_group" "reconciler" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

locals {
  alarms = {
    errors = {
      description = "The reconciler fails: its log says why. Spot tasks that are taken away are not replaced on demand meanwhile."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      dimensions  = { FunctionName = var.name }
      threshold   = 2
    }
    undelivered = {
      description = "Events the reconciler never got lie in the queue ${var.name}-undelivered."
      namespace   = "AWS/SQS"
      metric      = "ApproximateNumberOfMessagesVisible"
      dimensions  = { QueueName = "${var.name}-undelivered" }
      threshold   = 0
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "reconciler" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.topic_arns
  ok_actions          = var.topic_arns
  tags                = local.tags
}
