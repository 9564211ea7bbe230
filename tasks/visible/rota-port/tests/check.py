# overhang canary 1916b7c77adcd88cb2e593f3a9c65c1b
import cases

cases.javascript("test.js", cases.box.WORKSPACE + "/rota.js")
