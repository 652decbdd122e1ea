mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

variables {
  package      = "versions.tf" # any file: nothing is uploaded
  cluster_name = "voip"
}

run "spot" {
  command = plan

  variables {
    spot = { service = "calliope", on_demand_service = "calliope-stand-in" }
  }

  assert {
    condition     = jsondecode(aws_lambda_function.reconciler.environment[0].variables.CALLIOPE_FLEET).spot.onDemandService == "calliope-stand-in"
    error_message = "The function is told which service stands in."
  }
  assert {
    condition     = keys(aws_cloudwatch_event_rule.fleet) == ["service-action", "spot-task-taken"]
    error_message = "It hears of spot tasks taken away and of tasks that could not be placed."
  }
}
