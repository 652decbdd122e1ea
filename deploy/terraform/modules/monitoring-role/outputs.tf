output "role_arn" {
  description = "What the vendor's form asks for."
  value       = aws_iam_role.vendor.arn
}

output "role_name" {
  description = "What some vendors ask for instead."
  value       = aws_iam_role.vendor.name
}
