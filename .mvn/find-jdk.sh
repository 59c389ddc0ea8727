# Sourced by ./culvert and ./mvnw: finds a JDK that can build and run Culvert and exports it as JAVA_HOME.
# The first that fits, in this order: CULVERT_JAVA_HOME, JAVA_HOME, the java in PATH, the usual directories.

required_java=25

# read_release HOME: sets jdk_version (25.0.1), jdk_build (25.0.1+8-LTS), jdk_vendor and jdk_modules as far as the JDK at
# HOME says them. By the shell alone, as each process that a launcher starts takes a millisecond or two.
read_release() {
  while IFS='=' read -r release_key release_value || [ -n "$release_key" ]; do
    release_value=${release_value#\"}
    release_value=${release_value%\"*}
    case $release_key in
      JAVA_VERSION) jdk_version=$release_value ;;
      JAVA_RUNTIME_VERSION) jdk_build=$release_value ;;
      IMPLEMENTOR) jdk_vendor=$release_value ;;
      MODULES) jdk_modules=$release_value ;;
    esac
  done 2>/dev/null <"$1/release" || return 0
}

is_jdk() {
  [ -n "$1" ] && [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
  jdk_version='' jdk_build='' jdk_vendor='' jdk_modules=''
  if [ -r "$1/release" ]; then
    read_release "$1"
  else
    jdk_version=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([0-9][0-9]*\).*/\1/p' | head -n 1)
  fi
  jdk_feature=${jdk_version%%[!0-9]*}
  [ -n "$jdk_feature" ] && [ "$jdk_feature" -ge "$required_java" ]
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

take_jdk() {
  is_jdk "$1" || return 1
  JAVA_HOME=$1
  export JAVA_HOME
}

find_jdk() {
  if [ -n "${CULVERT_JAVA_HOME:-}" ] && ! is_jdk "$CULVERT_JAVA_HOME"; then
    echo "CULVERT_JAVA_HOME=$CULVERT_JAVA_HOME is not a JDK $required_java or newer; looking elsewhere." >&2
  fi
  for jdk in "${CULVERT_JAVA_HOME:-}" "${JAVA_HOME:-}"; do
    ! take_jdk "$jdk" || return 0
  done
  for jdk in "$(java_in_path)" \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/*jdk* /opt/*jdk*/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    "${SDKMAN_DIR:-${HOME:-}/.sdkman}"/candidates/java/* "${HOME:-}"/.jdks/*; do
    ! take_jdk "$jdk" || return 0
  done
  echo "Culvert needs a JDK $required_java or newer and found none in CULVERT_JAVA_HOME, JAVA_HOME, PATH," \
    "/usr/lib/jvm, /usr/java, /opt, /Library/Java, ~/.sdkman or ~/.jdks:" \
    "install one (for example from https://adoptium.net, or with your package manager)" \
    "and set CULVERT_JAVA_HOME to its directory if it lies elsewhere." >&2
  exit 3
}
