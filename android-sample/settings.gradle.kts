pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        // Where `cargo xtask android` puts the package; a released one comes from where you publish it.
        maven { url = uri("../target/android/maven") }
        google()
        mavenCentral()
    }
}

rootProject.name = "duet-sample"
include(":app")
