# What one node is: the container, its settings, its secrets and its disk.

locals {
  # Passwords come from Secrets Manager into the environment of the container only; the URL refers to them.
  database_url = join("", [
    "postgres://$${secret:env:DATABASE_USER}:$${secret:env:DATABASE_PASSWORD}@",
    "${var.database.host}:${var.database.port}/${var.database.name}?sslmode=${var.database.sslmode}",
  ])

  environment = merge(
    {
      CALLIOPE_DATABASE                  = local.database_url
      CALLIOPE_DATA_DIR                  = local.data_dir
      TMPDIR                             = local.data_dir # the rest is read-only
      CALLIOPE_HTTP                      = "0.0.0.0:${local.ports.http}"
      CALLIOPE_HEP_UDP                   = "0.0.0.0:${local.ports.udp}"
      CALLIOPE_HEP_TCP                   = "0.0.0.0:${local.ports.tcp}"
      CALLIOPE_SPOOL_BYTES_MAX           = "${floor(var.spool.gib * 0.8)}GiB"
      CALLIOPE_DRAIN_WAIT                = "${var.stopping.wait}s"
      CALLIOPE_DRAIN_TIMEOUT             = "${var.stopping.drain}s"
      CALLIOPE_DRAIN_HANDOVER            = "s3://${aws_s3_bucket.handover.bucket}/${var.name}"
      CALLIOPE_DRAIN_HANDOVER_REGION     = local.region
      CALLIOPE_DRAIN_TASK_PROTECTION     = "on"
      CALLIOPE_FLEET_EMF                 = "stdout" # CloudWatch makes metrics of these lines: scaling and alarms live on them
      CALLIOPE_FLEET_CLUSTER             = local.cluster_name
      CALLIOPE_FLEET_SERVICE             = var.name
      CALLIOPE_INTAKE_CONNECTION_AGE_MAX = "10m" # so that new nodes get their share of old connections
    },
    var.environment
  )

  secrets = merge(
    {
      DATABASE_USER       = "${var.database.secret_arn}:${var.database.user_key}::"
      DATABASE_PASSWORD   = "${var.database.secret_arn}:${var.database.password_key}::"
      CALLIOPE_HTTP_TOKEN = "${var.secrets.http_token.arn}:${var.secrets.http_token.key}::"
    },
    var.secrets.agent_keys == null ? {} : {
      CALLIOPE_INTAKE_KEYS = "${var.secrets.agent_keys.arn}:${var.secrets.agent_keys.key}::"
    }
  )
  secret_arns = distinct(compact([
    var.database.secret_arn,
    var.secrets.http_token.arn,
    var.secrets.agent_keys == null ? "" : var.secrets.agent_keys.arn,
  ]))

  data_dir = "/var/lib/calliope"

  container = {
    name                   = "calliope"
    image                  = var.image
    command                = ["capture"]
    essential              = true
    readonlyRootFilesystem = !var.execute_command # ECS's agent for it writes into the container
    privileged             = false
    user                   = "65532:65532" # as in the image
    stopTimeout            = var.stopping.stop
    healthCheck            = { command = ["CMD", "/usr/bin/calliope", "health"], interval = 10, timeout = 5, retries = 3, startPeriod = 60 }
    environment            = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }]
    secrets                = [for name in sort(keys(local.secrets)) : { name = name, valueFrom = local.secrets[name] }]
    mountPoints            = [{ sourceVolume = "spool", containerPath = local.data_dir, readOnly = false }]
    ulimits                = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
    portMappings = [
      { containerPort = local.ports.udp, hostPort = local.ports.udp, protocol = "udp" },
      { containerPort = local.ports.tcp, hostPort = local.ports.tcp, protocol = "tcp" },
      { containerPort = local.ports.http, hostPort = local.ports.http, protocol = "tcp" },
    ]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.nodes.name
        "awslogs-region"        = local.region
        "awslogs-stream-prefix" = "node"
        "mode"                  = "non-blocking" # a slow CloudWatch never holds up intake
        "max-buffer-size"       = "8m"
      }
    }
  }
}

resource "aws_ecs_task_definition" "node" {
  family                   = var.name
  requires_compatibilities = [{ fargate = "FARGATE", ec2 = "EC2", managed_instances = "MANAGED_INSTANCES" }[var.compute.kind]]
  network_mode             = "awsvpc"
  cpu                      = var.compute.cpu
  memory                   = var.compute.memory_mib
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode([local.container])
  tags                     = local.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.compute.architecture
  }

  volume {
    name                = "spool"
    configure_at_launch = var.spool.ebs
  }

  dynamic "ephemeral_storage" {
    for_each = var.compute.kind == "fargate" && !var.spool.ebs ? [var.spool.gib] : []
    content {
      size_in_gib = ephemeral_storage.value
    }
  }
}

resource "aws_cloudwatch_log_group" "nodes" {
  name              = "/calliope/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}
