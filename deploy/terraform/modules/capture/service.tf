# The service that keeps the nodes running. Application auto scaling owns its desired count.

resource "aws_ecs_service" "capture" {
  name                   = var.name
  cluster                = local.cluster_arn
  task_definition        = aws_ecs_task_definition.node.arn
  scheduling_strategy    = var.compute.daemon ? "DAEMON" : "REPLICA"
  launch_type            = var.compute.daemon ? "EC2" : null
  desired_count          = var.compute.daemon ? null : var.scaling.nodes_min
  enable_execute_command = var.execute_command
  propagate_tags         = "SERVICE"
  tags                   = local.tags
  # Else another mix of on demand and spot would destroy the service and make it anew.
  force_new_deployment = true
  # Not for daemons: each host keeps its own.
  availability_zone_rebalancing      = var.compute.daemon ? "DISABLED" : "ENABLED"
  health_check_grace_period_seconds  = var.health_check.grace
  deployment_minimum_healthy_percent = var.compute.daemon ? 0 : var.deployment.minimum_healthy_percent
  deployment_maximum_percent         = var.compute.daemon ? 100 : var.deployment.maximum_percent
  wait_for_steady_state              = var.deployment.wait_for_steady_state

  dynamic "capacity_provider_strategy" {
    for_each = var.compute.daemon ? [] : local.strategy
    content {
      capacity_provider = capacity_provider_strategy.value.provider
      base              = capacity_provider_strategy.value.base
      weight            = capacity_provider_strategy.value.weight
    }
  }

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = concat([aws_security_group.nodes.id], var.network.extra_security_groups)
    assign_public_ip = var.compute.kind == "fargate" && var.network.assign_public_ip
  }

  dynamic "load_balancer" {
    for_each = local.targets
    content {
      target_group_arn = load_balancer.value.arn
      container_name   = local.container.name
      container_port   = load_balancer.value.port
    }
  }

  dynamic "service_registries" {
    for_each = aws_service_discovery_service.nodes
    content {
      registry_arn = service_registries.value.arn
    }
  }

  dynamic "volume_configuration" {
    for_each = var.spool.ebs ? [var.spool] : []
    content {
      name = "spool"
      managed_ebs_volume {
        role_arn         = aws_iam_role.volumes[0].arn
        size_in_gb       = volume_configuration.value.gib
        volume_type      = "gp3"
        iops             = volume_configuration.value.iops
        throughput       = volume_configuration.value.throughput
        encrypted        = true
        kms_key_id       = var.kms_key_arn
        file_system_type = "ext4"
      }
    }
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  alarms {
    alarm_names = local.deployment_alarms
    enable      = var.deployment.rollback_on_alarm
    rollback    = var.deployment.rollback_on_alarm
  }

  lifecycle {
    ignore_changes = [desired_count] # scaling moves it

    precondition {
      condition     = var.compute.kind == "fargate" || try(!startswith(var.cluster.on_demand_provider, "FARGATE"), true)
      error_message = "compute.kind = ${var.compute.kind} in a cluster of your own needs cluster.on_demand_provider (and spot_provider) of that kind."
    }
    precondition {
      condition     = var.scaling.hosts == null || var.compute.kind == "ec2"
      error_message = "scaling.hosts (two-level policy ${var.scaling.policy}) needs compute.kind = \"ec2\": only there are hosts to scale."
    }
  }

  depends_on = [
    aws_lb_listener.udp,
    aws_lb_listener.tcp,
    aws_ecs_cluster_capacity_providers.fleet,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
  ]
}

locals {
  targets = {
    udp = { arn = aws_lb_target_group.udp.arn, port = local.ports.udp }
    tcp = { arn = aws_lb_target_group.tcp.arn, port = local.ports.tcp }
  }

  # The base is always on demand; what is beyond it is dealt out by weight.
  strategy = concat(
    [{
      provider = local.providers.on_demand
      base     = var.scaling.capacity.on_demand_base
      weight   = var.scaling.capacity.on_demand_weight
    }],
    local.spot ? [{ provider = local.providers.spot, base = 0, weight = var.scaling.capacity.spot_weight }] : []
  )
}

# Spot has no fallback of its own. When AWS takes spot nodes away, the spot-guard raises this service, which
# has the same task in the same target groups but on demand, and gives it back later. Otherwise it is empty.
resource "aws_ecs_service" "stand_in" {
  count = local.spot && var.scaling.capacity.stand_ins_max > 0 ? 1 : 0

  name                               = "${var.name}-stand-in"
  cluster                            = local.cluster_arn
  task_definition                    = aws_ecs_task_definition.node.arn
  desired_count                      = 0
  enable_execute_command             = var.execute_command
  propagate_tags                     = "SERVICE"
  tags                               = local.tags
  force_new_deployment               = true
  availability_zone_rebalancing      = "ENABLED"
  health_check_grace_period_seconds  = var.health_check.grace
  deployment_minimum_healthy_percent = var.deployment.minimum_healthy_percent
  deployment_maximum_percent         = var.deployment.maximum_percent

  capacity_provider_strategy {
    capacity_provider = local.providers.on_demand
    base              = 0
    weight            = 1
  }

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = concat([aws_security_group.nodes.id], var.network.extra_security_groups)
    assign_public_ip = var.compute.kind == "fargate" && var.network.assign_public_ip
  }

  dynamic "load_balancer" {
    for_each = local.targets
    content {
      target_group_arn = load_balancer.value.arn
      container_name   = local.container.name
      container_port   = load_balancer.value.port
    }
  }

  dynamic "volume_configuration" {
    for_each = var.spool.ebs ? [var.spool] : []
    content {
      name = "spool"
      managed_ebs_volume {
        role_arn         = aws_iam_role.volumes[0].arn
        size_in_gb       = volume_configuration.value.gib
        volume_type      = "gp3"
        iops             = volume_configuration.value.iops
        throughput       = volume_configuration.value.throughput
        encrypted        = true
        kms_key_id       = var.kms_key_arn
        file_system_type = "ext4"
      }
    }
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  lifecycle {
    ignore_changes = [desired_count] # the spot-guard moves it
  }

  depends_on = [aws_lb_listener.udp, aws_lb_listener.tcp, aws_ecs_cluster_capacity_providers.fleet]
}
