output "role_arn" {
  description = "The role that starts services anew, and may do nothing else."
  value       = aws_iam_role.renew.arn
}
