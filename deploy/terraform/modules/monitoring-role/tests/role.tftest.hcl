mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

variables {
  vendor_account_id = "123456789012"
  external_id       = "a-secret-of-their-own"
}

run "reads_only" {
  command = plan

  assert {
    condition     = alltrue([for action in jsondecode(aws_iam_role_policy.vendor.policy).Statement[0].Action : can(regex(":(Describe|Get|List)", action))])
    error_message = "The vendor reads."
  }
}

run "refuses_wildcards" {
  command = plan

  variables {
    actions = ["ecs:*"]
  }

  expect_failures = [var.actions]
}
