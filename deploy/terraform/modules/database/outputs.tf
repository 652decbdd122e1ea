output "database" {
  description = "For the capture module's variable of the same name."
  value = {
    host               = aws_db_instance.calls.address
    port               = aws_db_instance.calls.port
    name               = aws_db_instance.calls.db_name
    secret_arn         = aws_db_instance.calls.master_user_secret[0].secret_arn
    security_group_ids = [aws_security_group.database.id]
    connections        = local.connections
  }
}

output "size" {
  description = "What the load came to."
  value = {
    instance_class  = coalesce(var.instance_class, local.size.class)
    storage_gib     = local.allocated_gib
    iops            = local.iops
    throughput_mbps = local.throughput_mbps
  }
}

output "identifier" {
  description = "The instance, for dashboards."
  value       = aws_db_instance.calls.identifier
}
