# Two roles: `execution` is ECS's own hand (pull, log, read secrets), `task` is what the program may do.
# Written with jsonencode, so that a plan shows the whole document and tests can read it.

locals {
  tasks_trust = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account}:*" }
      }
    }]
  })

  statements_execution = concat(
    [
      {
        Sid      = "Log"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.nodes.arn}:*"]
      },
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = local.secret_arns
      },
    ],
    var.image_repository_arn == null ? [] : [
      {
        Sid      = "LogIntoRegistry" # has no resource to be limited to
        Effect   = "Allow"
        Action   = ["ecr:GetAuthorizationToken"]
        Resource = ["*"]
      },
      {
        Sid      = "PullImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = compact([var.image_repository_arn])
      },
    ],
    length(var.secrets.kms_key_arns) == 0 ? [] : [
      {
        Sid      = "DecryptSecrets"
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = var.secrets.kms_key_arns
      },
    ],
  )

  statements_task = concat(
    [
      {
        Sid      = "HandOver"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
        Resource = ["${aws_s3_bucket.handover.arn}/*"]
      },
      {
        Sid      = "FindHandedOver"
        Effect   = "Allow"
        Action   = ["s3:ListBucket"]
        Resource = [aws_s3_bucket.handover.arn]
      },
      {
        Sid      = "NotScaledInWhileSpooled"
        Effect   = "Allow"
        Action   = ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
        Resource = ["arn:${local.partition}:ecs:${local.region}:${local.account}:task/${local.cluster_name}/*"]
      },
    ],
    var.kms_key_arn == null ? [] : [
      {
        Sid      = "KeyOfHandOver"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = compact([var.kms_key_arn])
      },
    ],
    var.execute_command ? [
      {
        Sid      = "ExecuteCommand" # has no resource to be limited to
        Effect   = "Allow"
        Action   = ["ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]
        Resource = ["*"]
      },
    ] : [],
  )
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  description        = "ECS pulls the image, reads secrets and writes logs of ${var.name}"
  assume_role_policy = local.tasks_trust
  tags               = local.tags
}

resource "aws_iam_role_policy" "execution" {
  name   = "execution"
  role   = aws_iam_role.execution.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements_execution })
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  description        = "What a node of ${var.name} may do"
  assume_role_policy = local.tasks_trust
  tags               = local.tags
}

resource "aws_iam_role_policy" "task" {
  name   = "task"
  role   = aws_iam_role.task.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements_task })
}

locals {
  ecs_trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs.amazonaws.com" } }]
  })
}

# ECS itself makes and deletes the spool volumes; AWS's own policy for exactly that.
resource "aws_iam_role" "volumes" {
  count = var.spool.ebs ? 1 : 0

  name               = "${var.name}-volumes"
  assume_role_policy = local.ecs_trust
  tags               = local.tags
}

resource "aws_iam_role_policy_attachment" "volumes" {
  count = var.spool.ebs ? 1 : 0

  role       = aws_iam_role.volumes[0].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForVolumes"
}
