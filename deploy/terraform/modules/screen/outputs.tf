output "address" {
  description = "Point the name in public_url here."
  value       = aws_lb.screen.dns_name
}

output "zone_id" {
  description = "For an alias record."
  value       = aws_lb.screen.zone_id
}

output "service_name" {
  description = "The service."
  value       = aws_ecs_service.screen.name
}
