# Machines of our own under the tasks (compute.kind = "ec2"). One group on demand, and one on spot when the policy
# has spot in its mix. Usually ECS moves them with the tasks (managed scaling); a two-level policy (scaling.hosts)
# moves the group by its CPU instead, as source 2 of the policies does.

locals {
  groups      = local.makes_hosts ? merge({ on_demand = false }, local.spot ? { spot = true } : {}) : {}
  two_level   = var.scaling.hosts != null
  hosts_limit = local.two_level ? { min = var.scaling.hosts.hosts_min, max = var.scaling.hosts.hosts_max } : { min = var.compute.hosts_min, max = var.compute.hosts_max }

  # The agent drains tasks when spot is taken away, so they need no metadata of the machine, and get none of its role.
  host_user_data = <<-EOT
    #!/bin/sh
    set -eu
    cat >> /etc/ecs/ecs.config <<CONFIG
    ECS_CLUSTER=${var.name}
    ECS_ENABLE_SPOT_INSTANCE_DRAINING=true
    ECS_AWSVPC_BLOCK_IMDS=true
    ECS_CONTAINER_STOP_TIMEOUT=${var.stopping.stop}s
    ECS_IMAGE_PULL_BEHAVIOR=prefer-cached
    CONFIG
    # UDP bursts wait in the socket's buffer; Calliope asks for 256 MiB, and says in its log what it got.
    echo net.core.rmem_max=268435456 > /etc/sysctl.d/50-calliope.conf
    sysctl -p /etc/sysctl.d/50-calliope.conf || true
  EOT
}

data "aws_ssm_parameter" "ami" {
  count = local.makes_hosts && var.compute.instance_ami == null ? 1 : 0

  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/${var.compute.architecture == "ARM64" ? "arm64/" : ""}recommended/image_id"
}

resource "aws_launch_template" "hosts" {
  count = local.makes_hosts ? 1 : 0

  name_prefix            = "${var.name}-"
  image_id               = coalesce(var.compute.instance_ami, one(data.aws_ssm_parameter.ami[*].insecure_value))
  update_default_version = true
  user_data              = base64encode(local.host_user_data)
  tags                   = local.tags

  iam_instance_profile {
    arn = aws_iam_instance_profile.hosts[0].arn
  }

  network_interfaces {
    associate_public_ip_address = var.network.assign_public_ip
    security_groups             = [aws_security_group.hosts[0].id]
  }

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_type           = "gp3"
      volume_size           = var.compute.host_storage_gib
      encrypted             = true
      kms_key_id            = var.kms_key_arn
      delete_on_termination = true
    }
  }

  metadata_options {
    http_tokens                 = "required"
    http_put_response_hop_limit = 1 # not for containers
  }

  monitoring {
    enabled = true # one-minute CPU, which a two-level policy follows
  }

  tag_specifications {
    resource_type = "instance"
    tags          = merge(local.tags, { Name = "${var.name}-host" })
  }
}

resource "aws_autoscaling_group" "hosts" {
  count = local.makes_hosts ? 1 : 0

  name_prefix               = "${var.name}-"
  vpc_zone_identifier       = var.network.subnet_ids
  min_size                  = local.hosts_limit.min
  max_size                  = local.hosts_limit.max
  health_check_type         = "EC2"
  health_check_grace_period = 60
  # ECS protects hosts that run tasks, and drains before it lets go.
  protect_from_scale_in = !local.two_level

  mixed_instances_policy {
    instances_distribution {
      on_demand_percentage_above_base_capacity = 100
      on_demand_allocation_strategy            = "prioritized"
    }
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.hosts[0].id
        version            = aws_launch_template.hosts[0].latest_version
      }
      dynamic "override" {
        for_each = var.compute.instance_types
        content {
          instance_type = override.value
        }
      }
    }
  }

  dynamic "tag" {
    for_each = merge(local.tags, { AmazonECSManaged = "true", Name = "${var.name}-host" })
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  lifecycle {
    ignore_changes = [desired_capacity]
  }
}

resource "aws_autoscaling_group" "hosts_spot" {
  count = local.makes_hosts && local.spot ? 1 : 0

  name_prefix               = "${var.name}-spot-"
  vpc_zone_identifier       = var.network.subnet_ids
  min_size                  = 0
  max_size                  = local.hosts_limit.max
  health_check_type         = "EC2"
  health_check_grace_period = 60
  capacity_rebalance        = true
  protect_from_scale_in     = true

  mixed_instances_policy {
    instances_distribution {
      on_demand_percentage_above_base_capacity = 0
      spot_allocation_strategy                 = "price-capacity-optimized"
    }
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.hosts[0].id
        version            = aws_launch_template.hosts[0].latest_version
      }
      dynamic "override" {
        for_each = var.compute.instance_types
        content {
          instance_type = override.value
        }
      }
    }
  }

  dynamic "tag" {
    for_each = merge(local.tags, { AmazonECSManaged = "true", Name = "${var.name}-spot-host" })
    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  lifecycle {
    ignore_changes = [desired_capacity]
  }
}

resource "aws_ecs_capacity_provider" "hosts" {
  count = local.makes_hosts ? 1 : 0

  name = "${var.name}-hosts"
  tags = local.tags

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.hosts[0].arn
    managed_draining               = "ENABLED"
    managed_termination_protection = local.two_level ? "DISABLED" : "ENABLED"

    managed_scaling {
      status                    = local.two_level ? "DISABLED" : "ENABLED"
      target_capacity           = 90 # a tenth of the hosts' room stands ready
      minimum_scaling_step_size = 1
      maximum_scaling_step_size = 10
      instance_warmup_period    = 90
    }
  }
}

resource "aws_ecs_capacity_provider" "hosts_spot" {
  count = local.makes_hosts && local.spot ? 1 : 0

  name = "${var.name}-hosts-spot"
  tags = local.tags

  auto_scaling_group_provider {
    auto_scaling_group_arn         = aws_autoscaling_group.hosts_spot[0].arn
    managed_draining               = "ENABLED"
    managed_termination_protection = "ENABLED"

    managed_scaling {
      status                    = "ENABLED"
      target_capacity           = 100
      minimum_scaling_step_size = 1
      maximum_scaling_step_size = 10
      instance_warmup_period    = 90
    }
  }
}

resource "aws_autoscaling_policy" "hosts" {
  count = local.makes_hosts && local.two_level ? 1 : 0

  name                      = "${var.name}-hosts-cpu"
  autoscaling_group_name    = aws_autoscaling_group.hosts[0].name
  policy_type               = "TargetTrackingScaling"
  estimated_instance_warmup = var.scaling.hosts.scale_out_cooldown

  target_tracking_configuration {
    target_value = var.scaling.hosts.cpu_target

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}

resource "aws_security_group" "hosts" {
  count = local.makes_hosts ? 1 : 0

  name        = "${var.name}-hosts"
  description = "Machines under the Calliope nodes: nothing comes in"
  vpc_id      = var.network.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "hosts_to_https" {
  for_each = local.makes_hosts ? toset(var.network.https_egress_cidrs) : []

  security_group_id = aws_security_group.hosts[0].id
  description       = "ECS and the registry over HTTPS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.value
  tags              = local.tags
}

resource "aws_iam_role" "hosts" {
  count = local.makes_hosts ? 1 : 0

  name = "${var.name}-hosts"
  tags = local.tags

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "hosts" {
  count = local.makes_hosts ? 1 : 0

  role       = aws_iam_role.hosts[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "hosts" {
  count = local.makes_hosts ? 1 : 0

  name = "${var.name}-hosts"
  role = aws_iam_role.hosts[0].name
  tags = local.tags
}
