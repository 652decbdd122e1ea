mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

variables {
  image           = "registry.example/calliope@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
  cluster_name    = "calliope"
  certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/01234567"
  public_url      = "https://calliope.example"
  database        = { host = "db.internal", secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf" }
  secrets         = { http_token = { arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:app-AbCdEf" } }

  network = {
    vpc_id       = "vpc-0aaaaaaaaaaaaaaa1"
    subnet_ids   = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
    viewer_cidrs = ["10.99.0.0/16"]
  }
}

run "https_only" {
  command = plan

  assert {
    condition     = aws_lb_listener.https.port == 443 && aws_lb_listener.https.protocol == "HTTPS"
    error_message = "People come over HTTPS."
  }
}

run "refuses_the_world" {
  command = plan

  variables {
    network = {
      vpc_id       = "vpc-0aaaaaaaaaaaaaaa1"
      subnet_ids   = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
      viewer_cidrs = ["0.0.0.0/0"]
    }
  }

  expect_failures = [var.network]
}
