output "address" {
  description = "Send HEP here: UDP 9060 or TCP 9061."
  value       = module.capture.address
}

output "database_size" {
  description = "What the load came to."
  value       = module.database.size
}

output "logs" {
  description = "Where the nodes' logs are."
  value       = module.capture.log_group
}
