# Sourced by ./culvert and ./mvnw: finds a JDK that can build and run Culvert and exports it as JAVA_HOME.
# The first that fits, in this order: CULVERT_JAVA_HOME, JAVA_HOME, the java in PATH, the usual directories.

required_java=25

# java_release HOME: prints the feature release (25) of the JDK at HOME; nothing if that is not a JDK.
java_release() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 0
  if [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9][0-9]*\).*/\1/p' "$1/release" | head -n 1
  else
    "$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9][0-9]*\).*/\1/p' | head -n 1
  fi
}

is_jdk() {
  [ -n "$1" ] || return 1
  found_release=$(java_release "$1")
  [ -n "$found_release" ] && [ "$found_release" -ge "$required_java" ]
}

# java_in_path: prints the home of the java in PATH. A link leads there; a version manager's shim has to be asked.
java_in_path() {
  path_java=$(command -v java) || return 0
  path_home=$(readlink -f "$path_java" 2>/dev/null) || path_home=$path_java
  path_home=${path_home%/bin/java}
  if [ ! -e "$path_home/release" ] && [ ! -e "$path_home/bin/javac" ]; then
    path_home=$("$path_java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
  fi
  printf '%s\n' "$path_home"
}

find_jdk() {
  if [ -n "${CULVERT_JAVA_HOME:-}" ] && ! is_jdk "$CULVERT_JAVA_HOME"; then
    echo "CULVERT_JAVA_HOME=$CULVERT_JAVA_HOME is not a JDK $required_java or newer; looking elsewhere." >&2
  fi
  for jdk in "${CULVERT_JAVA_HOME:-}" "${JAVA_HOME:-}" "$(java_in_path)" \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/*jdk* /opt/*jdk*/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    "${SDKMAN_DIR:-${HOME:-}/.sdkman}"/candidates/java/* "${HOME:-}"/.jdks/*; do
    if is_jdk "$jdk"; then
      JAVA_HOME=$jdk
      export JAVA_HOME
      return 0
    fi
  done
  echo "Culvert needs a JDK $required_java or newer and found none in CULVERT_JAVA_HOME, JAVA_HOME, PATH," \
    "/usr/lib/jvm, /usr/java, /opt, /Library/Java, ~/.sdkman or ~/.jdks:" \
    "install one (for example from https://adoptium.net, or with your package manager)" \
    "and set CULVERT_JAVA_HOME to its directory if it lies elsewhere." >&2
  exit 3
}
