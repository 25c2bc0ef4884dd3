# The service as a Nomad job: dynamic port on the host's network, registered in Consul by Nomad, rolled out by canary.
#
#   nomad job plan -var image=registry.example/outrigger:0.1.0 -var models_volume=models nomad/outrigger.nomad.hcl
#   nomad job run  -var image=registry.example/outrigger:0.1.0 -var models_volume=models nomad/outrigger.nomad.hcl
#
# What each value is for, and what must change together: docs/deploy.md.

variable "image" {
  type        = string
  description = "The image made from docker/Dockerfile."
  default     = "outrigger:0.1.0"
}

variable "name" {
  type        = string
  description = "Name of the service in Consul: lower case, digits, hyphens."
  default     = "outrigger"
}

variable "datacenters" {
  type    = list(string)
  default = ["*"]
}

variable "count" {
  type    = number
  default = 2
}

variable "models_volume" {
  type        = string
  description = "Host volume with the model repository, mounted read-only. Empty: the image brings its models in /models."
  default     = ""
}

variable "load_time" {
  type        = string
  description = "Longer than the slowest start with all its models: nothing is restarted for not answering before."
  default     = "2m"
}

variable "cpu" {
  type        = number
  description = "MHz."
  default     = 1000
}

variable "memory" {
  type        = number
  description = "MiB for both processes: the service (about 250 with a few handlers) and the model server (about 120 and its models)."
  default     = 1024
}

job "outrigger" {
  type        = "service"
  datacenters = var.datacenters

  update {
    canary            = 1
    max_parallel      = 1
    auto_promote      = true
    auto_revert       = true
    health_check      = "checks"
    min_healthy_time  = "15s" # three intervals of the ready check
    healthy_deadline  = "10m" # more than load_time, less than progress_deadline
    progress_deadline = "15m"
  }

  group "service" {
    count = var.count

    spread {
      attribute = "${node.unique.id}"
    }

    network {
      mode = "host"
      port "http" {}
    }

    # Order at a stop: out of Consul, shutdown_delay for callers that still hold the address, kill_signal, kill_timeout.
    shutdown_delay = "2s"

    service {
      name     = var.name
      provider = "consul"
      port     = "http"
      tags     = ["outrigger", "prometheus"]

      canary_tags = ["outrigger", "prometheus", "canary"]

      meta {
        protocols    = "rest,tensorflow-serving-rest"
        metrics_path = "/metrics"
        allocation   = "${NOMAD_ALLOC_ID}"
      }

      # Gates traffic and the deployment: 200 only when every required model answers.
      check {
        name     = "ready"
        type     = "http"
        path     = "/health/ready"
        interval = "5s"
        timeout  = "2s"
      }

      # Restarts the task: fails only when the service cannot recover by itself.
      check {
        name     = "alive"
        type     = "http"
        path     = "/health/live"
        interval = "10s"
        timeout  = "3s"

        check_restart {
          limit = 3
          grace = var.load_time
        }
      }
    }

    restart {
      attempts = 3
      interval = "10m"
      delay    = "10s"
      mode     = "fail"
    }

    reschedule {
      delay          = "15s"
      delay_function = "exponential"
      max_delay      = "10m"
      unlimited      = true
    }

    dynamic "volume" {
      for_each = var.models_volume == "" ? [] : [var.models_volume]
      labels   = ["models"]
      content {
        type      = "host"
        source    = volume.value
        read_only = true
      }
    }

    task "outrigger" {
      driver = "docker"

      # Nomad's default signal is another one, and its default timeout of 5 s cuts drains.
      # kill_timeout: more than drain_timeout below plus the model server's end; clients cap it at 30 s unless told otherwise.
      kill_signal  = "SIGTERM"
      kill_timeout = "30s"

      config {
        image           = var.image
        network_mode    = "host"
        args            = ["serve", "--config", "/local/outrigger.yaml"]
        readonly_rootfs = true
        cap_drop        = ["ALL"]
        security_opt    = ["no-new-privileges"]

        # The model server's socket lives here, in a private folder.
        mount {
          type   = "tmpfs"
          target = "/tmp"
          tmpfs_options {
            size = 67108864
          }
        }
      }

      # Variables beat the file below: what must fit this job stands here.
      # OUTRIGGER_CONSUL stays auto, which is off where NOMAD_ALLOC_ID is set: Nomad registers the service.
      env {
        OUTRIGGER_HOST          = "${NOMAD_IP_http}"
        OUTRIGGER_PORT          = "${NOMAD_PORT_http}"
        OUTRIGGER_DRAIN_DELAY   = "0s" # shutdown_delay has waited already
        OUTRIGGER_DRAIN_TIMEOUT = "15s"
      }

      # The other settings: YAML under the key outrigger/settings in Consul, if any. On a change the instances restart, spread over a minute.
      template {
        destination = "local/outrigger.yaml"
        change_mode = "restart"
        splay       = "60s"
        data        = "{{ keyOrDefault \"outrigger/settings\" \"{}\" }}\n"
      }

      dynamic "volume_mount" {
        for_each = var.models_volume == "" ? [] : ["models"]
        content {
          volume      = volume_mount.value
          destination = "/models"
          read_only   = true
        }
      }

      resources {
        cpu    = var.cpu
        memory = var.memory
      }

      logs {
        max_files     = 5
        max_file_size = 20
      }
    }
  }
}
