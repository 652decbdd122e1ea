# What must wake somebody. docs/sizing.md says what to do when each of them rings.

locals {
  # Not derived from the service: the service itself refers to these names.
  fleet_dimensions = { ClusterName = local.cluster_name, ServiceName = var.name }

  # A deployment is rolled back when the new revision loses packets or stops storing them.
  deployment_alarms = [aws_cloudwatch_metric_alarm.drops.alarm_name, aws_cloudwatch_metric_alarm.spool_age.alarm_name]
}

resource "aws_cloudwatch_metric_alarm" "drops" {
  alarm_name          = "${var.name}-drops"
  alarm_description   = "A node is losing packets. If skew is high too, more nodes do not help: spread the senders (docs/relay.md). Else raise nodes_max, or look at the kernel buffers and the database."
  namespace           = "Calliope"
  metric_name         = "DropsPerSecond"
  dimensions          = local.fleet_dimensions
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.topic_arns
  ok_actions          = var.alarms.topic_arns
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "spool_age" {
  alarm_name          = "${var.name}-spool-age"
  alarm_description   = "A node has not stored what it received more than ${var.alarms.spool_age_max} s ago: the database is slow, full or away. Nothing is lost until the spool is full."
  namespace           = "Calliope"
  metric_name         = "SpoolAgeSeconds"
  dimensions          = local.fleet_dimensions
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.spool_age_max
  period              = 60
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.topic_arns
  ok_actions          = var.alarms.topic_arns
  tags                = local.tags
}

# Busiest node over the mean: a flow is pinned to a node, and no autoscaler can move it.
resource "aws_cloudwatch_metric_alarm" "skew" {
  alarm_name          = "${var.name}-skew"
  alarm_description   = "The busiest node has more than ${var.alarms.skew_max} times the mean: there are fewer flows than nodes. More nodes do not help; `calliope relay` beside the senders does (docs/relay.md)."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.skew_max
  evaluation_periods  = 10
  datapoints_to_alarm = 8
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.topic_arns
  ok_actions          = var.alarms.topic_arns
  tags                = local.tags

  metric_query {
    id          = "skew"
    label       = "busiest node / mean"
    expression  = "IF(mean > 100, busiest / mean, 1)" # below 100 packets a second nobody is busy
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { busiest = "Maximum", mean = "Average" }
    content {
      id = metric_query.key
      metric {
        namespace   = "Calliope"
        metric_name = "PacketsPerSecond"
        dimensions  = local.fleet_dimensions
        stat        = metric_query.value
        period      = 60
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  for_each = { udp = aws_lb_target_group.udp.arn_suffix, tcp = aws_lb_target_group.tcp.arn_suffix }

  alarm_name          = "${var.name}-unhealthy-${each.key}"
  alarm_description   = "Nodes stay unready for ${var.alarms.unhealthy_for_checks} minutes: their /readyz says what is missing (configuration, secrets, database, sockets)."
  namespace           = "AWS/NetworkELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.capture.arn_suffix, TargetGroup = each.value }
  statistic           = "Minimum" # at least one for the whole minute: draining nodes come and go
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = var.alarms.unhealthy_for_checks
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.topic_arns
  ok_actions          = var.alarms.topic_arns
  tags                = local.tags
}

resource "aws_cloudwatch_metric_alarm" "none_healthy" {
  alarm_name          = "${var.name}-none-healthy"
  alarm_description   = "No node takes packets: everything the senders send over UDP is lost now."
  namespace           = "AWS/NetworkELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = aws_lb.capture.arn_suffix, TargetGroup = aws_lb_target_group.udp.arn_suffix }
  statistic           = "Maximum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarms.topic_arns
  ok_actions          = var.alarms.topic_arns
  tags                = local.tags
}
