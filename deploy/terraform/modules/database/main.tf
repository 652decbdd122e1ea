# PostgreSQL on RDS, sized for a load.
#
# The table is paper: one machine's 3.5 µs of PostgreSQL per message (docs/benchmarks.md), times ten for searches,
# vacuum, merging, and a disk behind a network. Watch CPU, write latency and the spool age, and correct it.

locals {
  tags = merge({ application = "calliope" }, var.tags)

  classes = [
    { messages_per_second = 5000, class = "db.t4g.medium", memory_gib = 4 },
    { messages_per_second = 30000, class = "db.m7g.large", memory_gib = 8 },
    { messages_per_second = 80000, class = "db.m7g.xlarge", memory_gib = 16 },
    { messages_per_second = 200000, class = "db.m7g.2xlarge", memory_gib = 32 },
    { messages_per_second = 400000, class = "db.m7g.4xlarge", memory_gib = 64 },
    { messages_per_second = 1000000, class = "db.m7g.8xlarge", memory_gib = 128 },
  ]
  size = [for one in local.classes : one if one.messages_per_second >= var.load.messages_per_second][0]

  # What is kept, a third more for indexes in the making, merging and vacuum, and never less than 50 GiB.
  bytes_kept  = var.load.messages_per_second * var.load.mean_share * 86400 * var.load.retention_days * var.load.bytes_per_message
  storage_gib = max(50, ceil(local.bytes_kept * 1.33 / pow(1024, 3) / 10) * 10)

  # RDS stripes gp3 from 400 GiB on: below, 3,000 IOPS and 125 MB/s are what there is; above, 12,000 and 500 at least.
  fast_storage    = local.storage_gib >= 400 || var.load.messages_per_second > 30000
  allocated_gib   = local.fast_storage ? max(400, local.storage_gib) : local.storage_gib
  written_mb      = var.load.messages_per_second * var.load.bytes_per_message * 3 / 1000000 # log, table, merged table
  iops            = local.fast_storage ? min(64000, max(12000, ceil(local.written_mb * 64 / 1000) * 1000)) : null
  throughput_mbps = local.fast_storage ? min(4000, max(500, ceil(local.written_mb * 1.5 / 100) * 100)) : null

  # Each costs some MiB when it works; a capture node takes twelve.
  connections = min(5000, local.size.memory_gib * 100)

  parameters = merge(
    {
      "max_connections" = { value = tostring(local.connections), apply = "pending-reboot" }
      "rds.force_ssl"   = { value = "1", apply = "immediate" }
      # COPY writes much and reads little: fewer, longer checkpoints mean fewer whole pages in the log.
      "max_wal_size"                 = { value = tostring(max(4096, min(65536, local.size.memory_gib * 1024 / 2))), apply = "immediate" }
      "checkpoint_timeout"           = { value = "900", apply = "immediate" }
      "checkpoint_completion_target" = { value = "0.9", apply = "immediate" }
      "wal_compression"              = { value = var.engine_version == "14" ? "1" : "zstd", apply = "immediate" }
      # Exactly-once rests on it: a node deletes from its spool what the database says it has.
      "synchronous_commit" = { value = "on", apply = "immediate" }
      # Partitions are written once: freeze them early and calmly instead of all at once later.
      "autovacuum_vacuum_insert_scale_factor" = { value = "0.05", apply = "immediate" }
      "autovacuum_vacuum_cost_limit"          = { value = "2000", apply = "immediate" }
      "random_page_cost"                      = { value = "1.1", apply = "immediate" }
      "track_io_timing"                       = { value = "1", apply = "immediate" }
      "log_min_duration_statement"            = { value = "2000", apply = "immediate" }
    },
    { for name, value in var.parameters : name => { value = value, apply = "pending-reboot" } },
  )
}

resource "aws_db_instance" "calls" {
  identifier        = var.name
  engine            = "postgres"
  engine_version    = var.engine_version
  instance_class    = coalesce(var.instance_class, local.size.class)
  db_name           = "calliope"
  username          = "calliope"
  port              = 5432
  multi_az          = var.multi_az
  apply_immediately = false
  tags              = local.tags

  # No password in variables, plans or state: RDS makes it and keeps it in Secrets Manager.
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_arn

  storage_type          = "gp3"
  allocated_storage     = local.allocated_gib
  max_allocated_storage = local.allocated_gib > 50000 ? null : min(65536, local.allocated_gib * 2)
  iops                  = local.iops
  storage_throughput    = local.throughput_mbps
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  db_subnet_group_name   = aws_db_subnet_group.calls.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.calls.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period    = var.backup_days
  backup_window              = "01:00-02:00"
  maintenance_window         = "tue:02:30-tue:03:30"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  deletion_protection        = var.deletion_protection
  skip_final_snapshot        = !var.deletion_protection
  final_snapshot_identifier  = var.deletion_protection ? "${var.name}-last" : null

  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  enabled_cloudwatch_logs_exports = ["postgresql"]

  lifecycle {
    precondition {
      condition     = local.allocated_gib <= 65536
      error_message = "load comes to ${local.allocated_gib} GiB, more than the 65,536 an instance may have: fewer retention_days, or several databases (docs/sizing.md)."
    }
  }
}

resource "aws_secretsmanager_secret_rotation" "master" {
  secret_id          = aws_db_instance.calls.master_user_secret[0].secret_arn
  rotate_immediately = false

  rotation_rules {
    schedule_expression = var.rotation_schedule
    duration            = "1h"
  }
}

resource "aws_db_subnet_group" "calls" {
  name       = var.name
  subnet_ids = var.subnet_ids
  tags       = local.tags
}

resource "aws_db_parameter_group" "calls" {
  name_prefix = "${var.name}-"
  family      = "postgres${var.engine_version}"
  description = "PostgreSQL for Calliope: much COPY, few updates"
  tags        = local.tags

  dynamic "parameter" {
    for_each = local.parameters
    content {
      name         = parameter.key
      value        = parameter.value.value
      apply_method = parameter.value.apply
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Empty: whoever needs the database opens it to itself (the capture module does).
resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "PostgreSQL of Calliope"
  vpc_id      = var.vpc_id
  tags        = local.tags
}

locals {
  alarms = {
    storage = {
      description = "Less than a seventh of the database's disk is free: shorten store.retention, set store.bytes_max, or raise load. When it is full nothing is stored; packets wait in the spools."
      metric      = "FreeStorageSpace"
      comparison  = "LessThanThreshold"
      statistic   = "Minimum"
      threshold   = floor(local.allocated_gib * pow(1024, 3) / 7)
      periods     = 5
    }
    cpu = {
      description = "The database has been above 85 % CPU for fifteen minutes: more nodes make it worse. Next class, or look for slow searches."
      metric      = "CPUUtilization"
      comparison  = "GreaterThanThreshold"
      statistic   = "Average"
      threshold   = 85
      periods     = 15
    }
    transactions = {
      description = "Half of the transaction numbers are used up: autovacuum does not come to freeze. Look for old open transactions."
      metric      = "MaximumUsedTransactionIDs"
      comparison  = "GreaterThanThreshold"
      statistic   = "Maximum"
      threshold   = 1000000000
      periods     = 5
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "database" {
  for_each = local.alarms

  alarm_name          = "${var.name}-database-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/RDS"
  metric_name         = each.value.metric
  dimensions          = { DBInstanceIdentifier = aws_db_instance.calls.identifier }
  statistic           = each.value.statistic
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = 60
  evaluation_periods  = each.value.periods
  treat_missing_data  = "missing"
  alarm_actions       = var.topic_arns
  ok_actions          = var.topic_arns
  tags                = local.tags
}
