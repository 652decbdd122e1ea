mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

variables {
  vpc_id     = "vpc-0aaaaaaaaaaaaaaa1"
  subnet_ids = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
  load       = { messages_per_second = 1000, retention_days = 7 }
}

run "small" {
  command = plan

  assert {
    condition     = aws_db_instance.calls.instance_class == "db.t4g.medium" && aws_db_instance.calls.allocated_storage == 60
    error_message = "1,000 messages a second for a week: the smallest class, 60 GiB."
  }
  assert {
    condition     = aws_db_instance.calls.storage_encrypted && aws_db_instance.calls.deletion_protection && !aws_db_instance.calls.publicly_accessible
    error_message = "Encrypted, kept from deletion, in no public network."
  }
}

run "too_large" {
  command = plan

  variables {
    load = { messages_per_second = 1000000, retention_days = 60 }
  }

  expect_failures = [aws_db_instance.calls]
}
