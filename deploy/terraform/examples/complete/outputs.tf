output "address" {
  description = "Send HEP here: UDP 9060, TCP 9061, TLS 9062."
  value       = module.capture.address
}

output "screen_address" {
  description = "Point the name in public_url here."
  value       = module.screen.address
}

output "nodes" {
  description = "Name by which relays find the nodes themselves."
  value       = "${var.name}.${aws_service_discovery_private_dns_namespace.nodes.name}"
}

output "database_size" {
  description = "What the load came to."
  value       = module.database.size
}

output "alarm_topic_arn" {
  description = "Subscribe to it: alarms go there."
  value       = aws_sns_topic.alarms.arn
}

output "monitoring_role_arn" {
  description = "For the vendor's form; null without a vendor."
  value       = one(module.monitoring_role[*].role_arn)
}
