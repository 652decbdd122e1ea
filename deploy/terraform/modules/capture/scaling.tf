# The policy, resource by resource, so that what is deployed says alone what the policy was: the rule's name is
# the key in the address. `calliope policy` prints the variable; a test reads a plan of this file back.

locals {
  # Twelve a node, and twenty for servers with the screen and for people.
  connections_needed = (var.scaling.nodes_max + var.scaling.capacity.stand_ins_max) * 12 + 20

  scales     = !var.compute.daemon # a daemon has as many tasks as there are hosts
  dimensions = { ClusterName = local.cluster_name, ServiceName = aws_ecs_service.capture.name }
}

resource "aws_appautoscaling_target" "service" {
  count = local.scales ? 1 : 0

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${local.cluster_name}/${aws_ecs_service.capture.name}"
  min_capacity       = var.scaling.nodes_min
  max_capacity       = var.scaling.nodes_max

  # What the resources below have no place for.
  tags = merge(
    local.tags,
    {
      "calliope-policy"        = var.scaling.policy
      "calliope-stand-ins-max" = tostring(var.scaling.capacity.stand_ins_max)
    },
    var.scaling.hosts == null ? {} : {
      "calliope-nodes-per-host"     = tostring(var.scaling.hosts.nodes_per_host)
      "calliope-hosts-out-cooldown" = tostring(var.scaling.hosts.scale_out_cooldown)
      "calliope-hosts-in-cooldown"  = tostring(var.scaling.hosts.scale_in_cooldown)
    },
  )

  lifecycle {
    precondition {
      condition     = local.connections_needed <= coalesce(var.database.connections, local.connections_needed)
      error_message = "scaling.nodes_max ${var.scaling.nodes_max} and ${var.scaling.capacity.stand_ins_max} stand-ins need ${local.connections_needed} connections, database.connections is ${coalesce(var.database.connections, 0)}: fewer nodes, or a larger database."
    }
  }
}

resource "aws_appautoscaling_policy" "target" {
  for_each = local.scales ? var.scaling.target_tracking : {}

  name               = "${var.name}-${each.key}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.service[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.service[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.service[0].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target_value
    scale_out_cooldown = each.value.scale_out_cooldown
    scale_in_cooldown  = each.value.scale_in_cooldown
    disable_scale_in   = each.value.disable_scale_in

    dynamic "predefined_metric_specification" {
      for_each = each.value.predefined_metric == null ? [] : [each.value.predefined_metric]
      content {
        predefined_metric_type = predefined_metric_specification.value
      }
    }

    dynamic "customized_metric_specification" {
      for_each = each.value.custom_metric == null ? [] : [each.value.custom_metric]
      content {
        namespace   = customized_metric_specification.value.namespace
        metric_name = customized_metric_specification.value.metric_name
        statistic   = customized_metric_specification.value.statistic

        dynamic "dimensions" {
          for_each = local.dimensions
          content {
            name  = dimensions.key
            value = dimensions.value
          }
        }
      }
    }
  }
}

resource "aws_appautoscaling_policy" "step" {
  for_each = local.scales ? var.scaling.step_scaling : {}

  name               = "${var.name}-${each.key}"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.service[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.service[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.service[0].resource_id

  step_scaling_policy_configuration {
    adjustment_type          = each.value.adjustment_type
    min_adjustment_magnitude = each.value.min_adjustment_magnitude
    metric_aggregation_type  = each.value.metric_aggregation_type
    cooldown                 = each.value.cooldown

    dynamic "step_adjustment" {
      for_each = each.value.steps
      content {
        metric_interval_lower_bound = step_adjustment.value.lower
        metric_interval_upper_bound = step_adjustment.value.upper
        scaling_adjustment          = step_adjustment.value.adjustment
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "step" {
  for_each = local.scales ? var.scaling.step_scaling : {}

  alarm_name          = "${var.name}-scaling-${each.key}"
  alarm_description   = "Policy ${var.scaling.policy}, rule ${each.key}: scales the nodes."
  namespace           = each.value.alarm.namespace
  metric_name         = each.value.alarm.metric_name
  dimensions          = local.dimensions
  statistic           = each.value.alarm.statistic
  comparison_operator = each.value.alarm.comparison_operator
  threshold           = each.value.alarm.threshold
  period              = each.value.alarm.period
  evaluation_periods  = each.value.alarm.evaluation_periods
  datapoints_to_alarm = each.value.alarm.evaluation_periods
  treat_missing_data  = each.value.alarm.treat_missing_data
  alarm_actions       = [aws_appautoscaling_policy.step[each.key].arn]
  tags                = local.tags
}

# ECS has no simple scaling: the same rule as a step policy with one step.
resource "aws_appautoscaling_policy" "simple" {
  for_each = local.scales ? var.scaling.simple_scaling : {}

  name               = "${var.name}-${each.key}"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.service[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.service[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.service[0].resource_id

  step_scaling_policy_configuration {
    adjustment_type          = each.value.adjustment_type
    min_adjustment_magnitude = each.value.min_adjustment_magnitude
    metric_aggregation_type  = each.value.metric_aggregation_type
    cooldown                 = each.value.cooldown

    dynamic "step_adjustment" {
      for_each = each.value.steps
      content {
        metric_interval_lower_bound = step_adjustment.value.lower
        metric_interval_upper_bound = step_adjustment.value.upper
        scaling_adjustment          = step_adjustment.value.adjustment
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "simple" {
  for_each = local.scales ? var.scaling.simple_scaling : {}

  alarm_name          = "${var.name}-scaling-${each.key}"
  alarm_description   = "Policy ${var.scaling.policy}, rule ${each.key}: scales the nodes."
  namespace           = each.value.alarm.namespace
  metric_name         = each.value.alarm.metric_name
  dimensions          = local.dimensions
  statistic           = each.value.alarm.statistic
  comparison_operator = each.value.alarm.comparison_operator
  threshold           = each.value.alarm.threshold
  period              = each.value.alarm.period
  evaluation_periods  = each.value.alarm.evaluation_periods
  datapoints_to_alarm = each.value.alarm.evaluation_periods
  treat_missing_data  = each.value.alarm.treat_missing_data
  alarm_actions       = [aws_appautoscaling_policy.simple[each.key].arn]
  tags                = local.tags
}

# A floor from yesterday and last week. Needs a day of data, and is a forecast: read it before you trust it.
resource "aws_appautoscaling_policy" "predictive" {
  for_each = local.scales ? var.scaling.predictive_scaling : {}

  name               = "${var.name}-${each.key}"
  policy_type        = "PredictiveScaling"
  service_namespace  = aws_appautoscaling_target.service[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.service[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.service[0].resource_id

  predictive_scaling_policy_configuration {
    mode                   = each.value.mode
    scheduling_buffer_time = each.value.lead

    metric_specification {
      target_value = each.value.target_value

      dynamic "predefined_metric_pair_specification" {
        for_each = each.value.predefined_metric_pair == null ? [] : [each.value.predefined_metric_pair]
        content {
          predefined_metric_type = predefined_metric_pair_specification.value
        }
      }

      # A metric of ours: what one node carries is its average, what the fleet carries its sum.
      dynamic "customized_scaling_metric_specification" {
        for_each = each.value.custom_metric == null ? [] : [each.value.custom_metric]
        content {
          metric_data_query {
            id          = "scaling"
            return_data = true
            metric_stat {
              stat = customized_scaling_metric_specification.value.statistic
              metric {
                namespace   = customized_scaling_metric_specification.value.namespace
                metric_name = customized_scaling_metric_specification.value.metric_name
                dynamic "dimension" {
                  for_each = local.dimensions
                  content {
                    name  = dimension.key
                    value = dimension.value
                  }
                }
              }
            }
          }
        }
      }
      dynamic "customized_load_metric_specification" {
        for_each = each.value.custom_metric == null ? [] : [each.value.custom_metric]
        content {
          metric_data_query {
            id          = "load"
            return_data = true
            metric_stat {
              stat = "Sum"
              metric {
                namespace   = customized_load_metric_specification.value.namespace
                metric_name = customized_load_metric_specification.value.metric_name
                dynamic "dimension" {
                  for_each = local.dimensions
                  content {
                    name  = dimension.key
                    value = dimension.value
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "limits" {
  for_each = local.scales ? var.schedules : {}

  name               = "${var.name}-${each.key}"
  service_namespace  = aws_appautoscaling_target.service[0].service_namespace
  scalable_dimension = aws_appautoscaling_target.service[0].scalable_dimension
  resource_id        = aws_appautoscaling_target.service[0].resource_id
  schedule           = each.value.schedule
  timezone           = each.value.timezone

  scalable_target_action {
    min_capacity = each.value.min
    max_capacity = each.value.max
  }
}
