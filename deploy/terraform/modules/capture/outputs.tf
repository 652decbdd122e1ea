output "address" {
  description = "Where agents and relays send HEP: UDP 9060, TCP 9061, TLS 9062 when a certificate was given."
  value       = aws_lb.capture.dns_name
}

output "zone_id" {
  description = "For an alias record of your own that points to the address."
  value       = aws_lb.capture.zone_id
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = local.cluster_name
}

output "cluster_arn" {
  description = "Its ARN, for the spot-guard."
  value       = local.cluster_arn
}

output "service_name" {
  description = "The service of the capture nodes."
  value       = aws_ecs_service.capture.name
}

output "stand_in_service_name" {
  description = "The on-demand service that stands in for spot nodes taken away; null without spot or without stand-ins."
  value       = one(aws_ecs_service.stand_in[*].name)
}

output "stand_ins_max" {
  description = "How many of them the policy allows."
  value       = var.scaling.capacity.stand_ins_max
}

output "nodes_security_group_id" {
  description = "The nodes' security group: open your database to it."
  value       = aws_security_group.nodes.id
}

output "handover_bucket" {
  description = "Where stopping nodes leave what they could not store."
  value       = aws_s3_bucket.handover.bucket
}

output "log_group" {
  description = "The nodes' logs."
  value       = aws_cloudwatch_log_group.nodes.name
}

output "task_role_arn" {
  description = "The role of the program itself."
  value       = aws_iam_role.task.arn
}

output "alarm_names" {
  description = "The alarms that wake somebody."
  value = concat(
    [
      aws_cloudwatch_metric_alarm.drops.alarm_name,
      aws_cloudwatch_metric_alarm.spool_age.alarm_name,
      aws_cloudwatch_metric_alarm.skew.alarm_name,
      aws_cloudwatch_metric_alarm.none_healthy.alarm_name,
    ],
    values(aws_cloudwatch_metric_alarm.unhealthy)[*].alarm_name,
  )
}
