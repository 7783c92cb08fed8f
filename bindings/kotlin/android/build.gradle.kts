// The package as Android's own tools build it. `cargo xtask kotlin --generate` makes the generated sources first,
// and `cargo xtask android` the libraries, which need the NDK. `gradle assembleRelease` then makes the AAR.

import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    id("com.android.library") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.2.21"
    `maven-publish`
}

group = "dev.duet"
version = "0.1.0"

// Where `cargo xtask android` puts the libraries: cargo's target folder, if that was moved.
val target = providers.environmentVariable("CARGO_TARGET_DIR").getOrElse("$rootDir/../../../target")

android {
    namespace = "dev.duet.android"
    compileSdk = 35

    defaultConfig {
        minSdk = 24
        consumerProguardFiles("consumer-rules.pro")
    }

    sourceSets["main"].apply {
        kotlin.srcDirs("src/main/kotlin", "../lib/src/main/kotlin", "../lib/target/generated-sources/duet")
        jniLibs.srcDir("$target/android/libraries/jni")
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }

    publishing {
        singleVariant("release") {
            withSourcesJar()
        }
    }
}

kotlin {
    compilerOptions {
        jvmTarget = JvmTarget.JVM_1_8
    }
}

dependencies {
    api("org.jetbrains.kotlin:kotlin-stdlib:2.2.21")
    api("org.jetbrains.kotlinx:kotlinx-coroutines-core-jvm:1.10.2")
    implementation("net.java.dev.jna:jna:5.18.1@aar")
}

publishing {
    publications {
        register<MavenPublication>("release") {
            artifactId = "duet-android"
            afterEvaluate {
                from(components["release"])
            }
        }
    }
}
