mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

variables {
  cluster_name = "voip"
  services     = ["calliope"]
}

run "starts_one_service_anew" {
  command = plan

  assert {
    condition     = jsondecode(aws_scheduler_schedule.renew["calliope"].target[0].input).ForceNewDeployment
    error_message = "A new deployment of the same revision."
  }
}
