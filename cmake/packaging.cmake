# The Debian package: `cpack -G DEB` in a build folder packs the room-router built there. It needs
# the Debian packages dpkg-dev and file. What only a package has (configuration, unit, documents)
# is the component "package", so that `cmake --install` with another prefix leaves /etc alone.
set(documents /usr/share/doc/room-router)
install(FILES config/room-router.yaml DESTINATION /etc/room-router COMPONENT package EXCLUDE_FROM_ALL)
install(FILES config/room-router.service DESTINATION /lib/systemd/system
  COMPONENT package EXCLUDE_FROM_ALL)
install(FILES README.md CHANGELOG.md LICENSE cmake/deb/copyright DESTINATION ${documents}
  COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY docs DESTINATION ${documents} COMPONENT package EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN "*.md")
install(FILES docs/man/room-router.1 docs/man/room-router-ctl.1 DESTINATION /usr/share/man/man1
  COMPONENT package EXCLUDE_FROM_ALL)
install(FILES docs/man/room-router.yaml.5 DESTINATION /usr/share/man/man5
  COMPONENT package EXCLUDE_FROM_ALL)
install(FILES router/cli/completion/room-router.bash RENAME room-router
  DESTINATION /usr/share/bash-completion/completions COMPONENT package EXCLUDE_FROM_ALL)
install(FILES router/cli/completion/_room-router DESTINATION /usr/share/zsh/vendor-completions
  COMPONENT package EXCLUDE_FROM_ALL)
install(FILES router/cli/completion/room-router.fish
  DESTINATION /usr/share/fish/vendor_completions.d COMPONENT package EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME room-router)
set(CPACK_PACKAGE_VENDOR "Room Router maintainers")
set(CPACK_PACKAGE_CONTACT "Room Router maintainers <maintainers@room-router.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "HTTP and websocket proxy that keeps Jitsi rooms together")
set(CPACK_PACKAGE_DESCRIPTION "\
Room Router stands in front of a Jitsi Meet deployment with more than one
shard. It reads the room out of every request and sends every participant of
a room to the same shard, through whichever replica they come.
.
It finds shards by DNS SRV or a list, checks their health, drains gracefully,
and offers Prometheus metrics, a dashboard and an admin socket with HAProxy's
commands.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_INSTALL_CMAKE_PROJECTS
  "${CMAKE_BINARY_DIR};room-router;Unspecified;/;${CMAKE_BINARY_DIR};room-router;package;/")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA conffiles postinst prerm postrm)
list(TRANSFORM CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA PREPEND ${PROJECT_SOURCE_DIR}/cmake/deb/)
include(CPack)
