# `terraform test` in this folder, with AWS's own provider or ours: no account is asked. The wider checks over the
# same plans are in test/terraform.

mock_provider "aws" {
  source          = "../../mocks"
  override_during = plan
}

variables {
  image = "registry.example/calliope@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

  network = {
    vpc_id       = "vpc-0aaaaaaaaaaaaaaa1"
    subnet_ids   = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"]
    sender_cidrs = ["10.20.0.0/16"]
  }

  database = {
    host       = "db.internal"
    secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf"
  }

  secrets = {
    http_token = { arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:app-AbCdEf" }
  }

  # As `calliope policy cpu-memory --as terraform` prints it, on one line.
  scaling = { policy = "cpu-memory", nodes_min = 1, nodes_max = 10, target_tracking = { cpu = { predefined_metric = "ECSServiceAverageCPUUtilization", target_value = 60, scale_out_cooldown = 60, scale_in_cooldown = 300, disable_scale_in = false } }, step_scaling = {}, simple_scaling = {}, predictive_scaling = {}, capacity = { on_demand_base = 0, on_demand_weight = 1, spot_weight = 0, stand_ins_max = 0 }, hosts = null }
}

run "fargate" {
  command = plan

  assert {
    condition     = aws_lb_listener.udp.port == 9060 && aws_lb_listener.udp.protocol == "UDP"
    error_message = "HEP over UDP comes in on 9060."
  }
  assert {
    condition     = length(aws_lb_listener.tls) == 0
    error_message = "There is no TLS listener without a certificate."
  }
  assert {
    condition     = aws_appautoscaling_policy.target["cpu"].target_tracking_scaling_policy_configuration[0].target_value == 60
    error_message = "The policy's target is the one that is deployed."
  }
  assert {
    condition     = tonumber(aws_lb_target_group.udp.deregistration_delay) < jsondecode(aws_ecs_task_definition.node.container_definitions)[0].stopTimeout
    error_message = "The balancer has moved on before the node is killed."
  }
}

run "tls" {
  command = plan

  variables {
    tls = { certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/01234567" }
  }

  assert {
    condition     = aws_lb_listener.tls[0].port == 9062 && aws_lb_listener.tls[0].protocol == "TLS"
    error_message = "HEP over TLS comes in on 9062."
  }
}

run "daemon" {
  command = plan

  variables {
    compute = { kind = "ec2", daemon = true }
  }

  assert {
    condition     = aws_ecs_service.capture.scheduling_strategy == "DAEMON" && length(aws_appautoscaling_target.service) == 0
    error_message = "A daemon has one task on every host and is not scaled."
  }
}

run "refuses_an_image_by_tag" {
  command = plan

  variables {
    image = "registry.example/calliope:latest"
  }

  expect_failures = [var.image]
}
