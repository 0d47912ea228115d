# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Kafka: artifacts from Maven Central (cli/kafka/pom.xml), one KRaft node under the supervisor.

# The artifacts are the same for every var of this tree.
readonly KAFKA_LIBS=$FARSEAT_TREE/var/kafka/libs
readonly KAFKA_JAVA=(java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true
  "-Dlog4j.configuration=file:$FARSEAT_TREE/cli/kafka/log4j.properties" -cp "$KAFKA_LIBS/*")

kafka_fetch() {
  local pom=$FARSEAT_TREE/cli/kafka/pom.xml stamp
  stamp=$(sha256sum <"$pom")
  [[ $stamp != "$(cat "$KAFKA_LIBS.stamp" 2>/dev/null)" ]] || return 0
  rm -rf "$KAFKA_LIBS" "$KAFKA_LIBS.part"
  mkdir -p "$KAFKA_LIBS.part"
  step "fetching Kafka from Maven Central (47 MB)" "$LOG/kafka-fetch.log" \
    mvn -B -f "$pom" dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$KAFKA_LIBS.part" ||
    die "Kafka's artifacts could not be fetched from Maven Central" \
      "check the network and ~/.m2/settings.xml (proxy, mirror), or set FARSEAT_KAFKA=host:port to use a Kafka of your own"
  mv "$KAFKA_LIBS.part" "$KAFKA_LIBS"
  file_put "$KAFKA_LIBS.stamp" "$stamp"
}

kafka_start() {
  [[ -z $(supervisor_pid kafka) ]] || return 0
  local properties=$FARSEAT_VAR/kafka/server.properties
  mkdir -p "$FARSEAT_VAR/kafka"
  services_values_common
  file_put "$properties" "$(render "$FARSEAT_TREE/cli/kafka/server.properties.in")"
  if [[ ! -f $FARSEAT_VAR/kafka/data/meta.properties ]]; then
    local id
    id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
    "${KAFKA_JAVA[@]}" -Xmx256m kafka.tools.StorageTool format -t "$id" -c "$properties" >"$LOG/kafka-format.log" 2>&1 || {
      sed 's/^/    | /' "$LOG/kafka-format.log" >&2
      die "Kafka's data folder could not be made" "its message stands above"
    }
  fi
  spawn kafka TERM "$properties" env -i PATH="$PATH" LANG=C.UTF-8 \
    "${KAFKA_JAVA[@]}" -Xms64m -Xmx384m kafka.Kafka "$properties"
}

# The broker registers with its controller before it opens this port's listener for requests.
kafka_ready() { timeout 5 kcat -b "$KAFKA" -L -m 2 >/dev/null 2>&1; }
