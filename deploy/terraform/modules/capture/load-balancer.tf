# One network load balancer, three listeners on the ports agents know.
#
#   agents ──UDP 9060──▶ udp ──▶ node:9060        source address kept: always
#          ──TCP 9061──▶ tcp ──▶ node:9061        kept: asked for
#          ──TLS 9062──▶ tcp ──▶ node:9061        TLS ends here, with the ACM certificate
#
# A UDP sender is one flow, and the balancer keeps a flow on one node for good: with few senders more
# nodes do not help. `calliope relay` beside the sender spreads it (docs/relay.md); the skew alarm says so.

resource "aws_lb" "capture" {
  name                             = var.name
  load_balancer_type               = "network"
  internal                         = var.network.internal
  subnets                          = coalesce(var.network.balancer_subnet_ids, var.network.subnet_ids)
  security_groups                  = [aws_security_group.balancer.id]
  enable_cross_zone_load_balancing = true # few flows and many zones would leave nodes idle
  enable_deletion_protection       = var.deletion_protection
  tags                             = local.tags
}

resource "aws_lb_target_group" "udp" {
  name                              = "${var.name}-udp"
  vpc_id                            = var.network.vpc_id
  target_type                       = "ip"
  port                              = local.ports.udp
  protocol                          = "UDP"
  deregistration_delay              = var.stopping.deregistration
  connection_termination            = true # a flow has no end of its own: without it senders stay on a node that is gone
  load_balancing_cross_zone_enabled = "true"
  tags                              = local.tags

  health_check {
    protocol            = "HTTP"
    port                = local.ports.http
    path                = var.health_check.path
    matcher             = "200"
    interval            = var.health_check.interval
    timeout             = min(var.health_check.interval, 6) - 1
    healthy_threshold   = var.health_check.healthy
    unhealthy_threshold = var.health_check.unhealthy
  }
}

resource "aws_lb_target_group" "tcp" {
  name                              = "${var.name}-tcp"
  vpc_id                            = var.network.vpc_id
  target_type                       = "ip"
  port                              = local.ports.tcp
  protocol                          = "TCP"
  deregistration_delay              = var.stopping.deregistration
  connection_termination            = true
  preserve_client_ip                = "true"
  load_balancing_cross_zone_enabled = "true"
  tags                              = local.tags

  health_check {
    protocol            = "HTTP"
    port                = local.ports.http
    path                = var.health_check.path
    matcher             = "200"
    interval            = var.health_check.interval
    timeout             = min(var.health_check.interval, 6) - 1
    healthy_threshold   = var.health_check.healthy
    unhealthy_threshold = var.health_check.unhealthy
  }

  # A draining node answers 503 and goes on reading: cutting its connections would lose what is in flight.
  target_health_state {
    enable_unhealthy_connection_termination = false
    unhealthy_draining_interval             = var.stopping.deregistration
  }
}

resource "aws_lb_listener" "udp" {
  load_balancer_arn = aws_lb.capture.arn
  port              = local.ports.udp
  protocol          = "UDP"
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.udp.arn
  }
}

resource "aws_lb_listener" "tcp" {
  load_balancer_arn        = aws_lb.capture.arn
  port                     = local.ports.tcp
  protocol                 = "TCP"
  tcp_idle_timeout_seconds = 3600 # a quiet night is no reason to cut an agent
  tags                     = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.tcp.arn
  }
}

resource "aws_lb_listener" "tls" {
  count = var.tls == null ? 0 : 1

  load_balancer_arn = aws_lb.capture.arn
  port              = local.ports.tls
  protocol          = "TLS"
  certificate_arn   = var.tls.certificate_arn
  ssl_policy        = var.tls.policy
  tags              = local.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.tcp.arn
  }
}
