# Machines that ECS itself chooses, patches and packs (compute.kind = "managed_instances").

locals {
  managed_requirements = {
    vcpu_min   = max(1, ceil(var.compute.cpu / 1024))
    memory_min = max(2048, var.compute.memory_mib)
  }
}

resource "aws_ecs_capacity_provider" "managed" {
  count = local.makes_managed ? 1 : 0

  name    = "${var.name}-managed"
  cluster = aws_ecs_cluster.fleet[0].name
  tags    = local.tags

  managed_instances_provider {
    infrastructure_role_arn = aws_iam_role.managed[0].arn
    propagate_tags          = "CAPACITY_PROVIDER"

    instance_launch_template {
      capacity_option_type     = "ON_DEMAND"
      ec2_instance_profile_arn = aws_iam_instance_profile.managed[0].arn
      monitoring               = "DETAILED"

      network_configuration {
        subnets         = var.network.subnet_ids
        security_groups = [aws_security_group.managed[0].id]
      }

      storage_configuration {
        storage_size_gib = max(var.compute.host_storage_gib, var.spool.gib + 30)
      }

      instance_requirements {
        allowed_instance_types = var.compute.instance_types

        vcpu_count {
          min = local.managed_requirements.vcpu_min
        }
        memory_mib {
          min = local.managed_requirements.memory_min
        }
      }
    }
  }
}

resource "aws_ecs_capacity_provider" "managed_spot" {
  count = local.makes_managed && local.spot ? 1 : 0

  name    = "${var.name}-managed-spot"
  cluster = aws_ecs_cluster.fleet[0].name
  tags    = local.tags

  managed_instances_provider {
    infrastructure_role_arn = aws_iam_role.managed[0].arn
    propagate_tags          = "CAPACITY_PROVIDER"

    instance_launch_template {
      capacity_option_type     = "SPOT"
      ec2_instance_profile_arn = aws_iam_instance_profile.managed[0].arn
      monitoring               = "DETAILED"

      network_configuration {
        subnets         = var.network.subnet_ids
        security_groups = [aws_security_group.managed[0].id]
      }

      storage_configuration {
        storage_size_gib = max(var.compute.host_storage_gib, var.spool.gib + 30)
      }

      instance_requirements {
        allowed_instance_types = var.compute.instance_types

        vcpu_count {
          min = local.managed_requirements.vcpu_min
        }
        memory_mib {
          min = local.managed_requirements.memory_min
        }
      }
    }
  }
}

resource "aws_security_group" "managed" {
  count = local.makes_managed ? 1 : 0

  name        = "${var.name}-managed"
  description = "ECS managed instances under the Calliope nodes: nothing comes in"
  vpc_id      = var.network.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "managed_to_https" {
  for_each = local.makes_managed ? toset(var.network.https_egress_cidrs) : []

  security_group_id = aws_security_group.managed[0].id
  description       = "ECS and the registry over HTTPS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.value
  tags              = local.tags
}

# AWS's own policies: what ECS needs to start and stop instances changes with ECS.
resource "aws_iam_role" "managed" {
  count = local.makes_managed ? 1 : 0

  name               = "${var.name}-infrastructure"
  assume_role_policy = local.ecs_trust
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "managed" {
  count = local.makes_managed ? 1 : 0

  role       = aws_iam_role.managed[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonECSInfrastructureRolePolicyForManagedInstances"
}

resource "aws_iam_role" "managed_instance" {
  count = local.makes_managed ? 1 : 0

  # The infrastructure policy may pass only roles whose name begins so.
  name = "ecsInstanceRole-${var.name}"
  tags = local.tags

  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "managed_instance" {
  count = local.makes_managed ? 1 : 0

  role       = aws_iam_role.managed_instance[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AmazonECSInstanceRolePolicyForManagedInstances"
}

resource "aws_iam_instance_profile" "managed" {
  count = local.makes_managed ? 1 : 0

  name = "ecsInstanceRole-${var.name}"
  role = aws_iam_role.managed_instance[0].name
  tags = local.tags
}
