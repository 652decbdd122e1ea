# The screen and the API for people: `calliope serve` over the database that capture nodes fill, behind HTTPS.
# It keeps nothing of its own, so it may be stopped and started at will.
#
#   people ──HTTPS 443──▶ balancer ──HTTP 9080──▶ task ──▶ PostgreSQL

locals {
  port = 9080
  database_url = join("", [
    "postgres://$${secret:env:DATABASE_USER}:$${secret:env:DATABASE_PASSWORD}@",
    "${var.database.host}:${var.database.port}/${var.database.name}?sslmode=${var.database.sslmode}",
  ])

  environment = merge(
    {
      CALLIOPE_DATABASE             = local.database_url
      CALLIOPE_DATA_DIR             = "/var/lib/calliope"
      TMPDIR                        = "/var/lib/calliope"
      CALLIOPE_HTTP                 = "0.0.0.0:${local.port}"
      CALLIOPE_HTTP_PUBLIC_URL      = var.public_url
      CALLIOPE_HTTP_TRUSTED_PROXIES = join(",", [for subnet in data.aws_subnet.balancer : subnet.cidr_block])
    },
    var.environment
  )
  secrets = merge(
    {
      DATABASE_USER       = "${var.database.secret_arn}:${var.database.user_key}::"
      DATABASE_PASSWORD   = "${var.database.secret_arn}:${var.database.password_key}::"
      CALLIOPE_HTTP_TOKEN = "${var.secrets.http_token.arn}:${var.secrets.http_token.key}::"
    },
    var.secrets.oidc_client_secret == null ? {} : {
      CALLIOPE_OIDC_CLIENT_SECRET = "${var.secrets.oidc_client_secret.arn}:${var.secrets.oidc_client_secret.key}::"
    }
  )

  container = {
    name                   = "calliope"
    image                  = var.image
    command                = ["serve"]
    essential              = true
    privileged             = false
    readonlyRootFilesystem = true
    user                   = "65532:65532"
    stopTimeout            = 30
    healthCheck            = { command = ["CMD", "/usr/bin/calliope", "health"], interval = 10, timeout = 5, retries = 3, startPeriod = 60 }
    environment            = [for name in sort(keys(local.environment)) : { name = name, value = local.environment[name] }]
    secrets                = [for name in sort(keys(local.secrets)) : { name = name, valueFrom = local.secrets[name] }]
    mountPoints            = [{ sourceVolume = "data", containerPath = "/var/lib/calliope", readOnly = false }]
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
    portMappings           = [{ containerPort = local.port, hostPort = local.port, protocol = "tcp" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        "awslogs-group"         = aws_cloudwatch_log_group.screen.name
        "awslogs-region"        = local.region
        "awslogs-stream-prefix" = "screen"
      }
    }
  }
}

# Only from the balancer's own networks is X-Forwarded-For believed.
data "aws_subnet" "balancer" {
  for_each = toset(coalesce(var.network.balancer_subnet_ids, var.network.subnet_ids))

  id = each.value
}

resource "aws_cloudwatch_log_group" "screen" {
  name              = "/calliope/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

resource "aws_ecs_task_definition" "screen" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.tasks.cpu
  memory                   = var.tasks.memory_mib
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([local.container])
  tags                     = local.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.tasks.architecture
  }

  volume {
    name = "data"
  }
}

resource "aws_ecs_service" "screen" {
  name                              = var.name
  cluster                           = "arn:${local.partition}:ecs:${local.region}:${local.account}:cluster/${var.cluster_name}"
  task_definition                   = aws_ecs_task_definition.screen.arn
  launch_type                       = "FARGATE"
  desired_count                     = var.tasks.count
  health_check_grace_period_seconds = 60
  propagate_tags                    = "SERVICE"
  tags                              = local.tags

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = [aws_security_group.tasks.id]
    assign_public_ip = var.network.assign_public_ip
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.screen.arn
    container_name   = local.container.name
    container_port   = local.port
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_lb_listener.https, aws_iam_role_policy.execution]
}

resource "aws_lb" "screen" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = var.network.internal
  subnets                    = coalesce(var.network.balancer_subnet_ids, var.network.subnet_ids)
  security_groups            = [aws_security_group.balancer.id]
  drop_invalid_header_fields = true
  idle_timeout               = 300 # the live view is one long answer
  enable_deletion_protection = var.deletion_protection
  tags                       = local.tags
}

resource "aws_lb_target_group" "screen" {
  name                 = var.name
  vpc_id               = var.network.vpc_id
  target_type          = "ip"
  port                 = local.port
  protocol             = "HTTP"
  deregistration_delay = 20
  tags                 = local.tags

  # Alive is enough: while the database is away the screen says so itself, and a new task would not help.
  health_check {
    protocol            = "HTTP"
    path                = "/healthz"
    matcher             = "200"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.screen.arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.certificate_arn
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.screen.arn
  }
}
