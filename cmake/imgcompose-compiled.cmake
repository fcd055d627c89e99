# SPDX-License-Identifier: BSL-1.0
# imgcompose::compiled: the functions that are not templates as a static library of the project that links it, built with that
# project's compiler and options. The headers then only declare them. The package itself stays the same for every machine.
if(NOT TARGET imgcompose::compiled)
    file(CONFIGURE OUTPUT "${CMAKE_CURRENT_BINARY_DIR}/imgcompose_compiled.cpp"
        CONTENT "#include <imgcompose/compiled.hpp>\n")
    add_library(imgcompose_compiled STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/imgcompose_compiled.cpp")
    add_library(imgcompose::compiled ALIAS imgcompose_compiled)
    target_compile_definitions(imgcompose_compiled PUBLIC IMGCOMPOSE_COMPILED)
    target_link_libraries(imgcompose_compiled PUBLIC imgcompose::imgcompose)
    set_target_properties(imgcompose_compiled PROPERTIES POSITION_INDEPENDENT_CODE ON)
endif()
