output "function_name" {
  description = "The function; its log group is /aws/lambda/NAME."
  value       = aws_lambda_function.reconciler.function_name
}

output "undelivered_queue_url" {
  description = "Where events lie that it never got."
  value       = aws_sqs_queue.undelivered.url
}
