// Reads and runs declarative Jenkinsfiles without Jenkins:
//   java -cp JARS groovy.ui.GroovyMain jenkinsfile.groovy list FILE ...
//   java -cp JARS groovy.ui.GroovyMain jenkinsfile.groovy CAUSE FILE ...
// CAUSE, why the build runs, is one of CAUSES: `dependencies` is a change of requirements.txt
// and `parameter` the box AUDIT. `sh` runs as Jenkins runs it, beside the file. It knows the
// words that the template uses; each block has its own, and every other one is an error.
// Prints a line of JSON for each step, and one with `error` for a file that is wrong.
import groovy.json.JsonOutput

class Fault extends RuntimeException {
    Fault(String text) { super(text) }
}

// What a closure can name: methods (the words of a block) and values.
class Scope implements GroovyInterceptable {
    Map words, values, assigned
    Object invokeMethod(String name, Object args) { Reader.word(words, name, args as List) }
    Object getProperty(String name) { Reader.value(values, name) }
    void setProperty(String name, Object value) { Reader.assign(assigned, name, value) }
}

class Reader {
    static final UNITS = ['SECONDS', 'MINUTES', 'HOURS', 'DAYS']
    static Map globals = [:]

    static word(Map words, String name, List args) {
        if (!words.containsKey(name)) throw new Fault("$name is not one of ${words.keySet()}")
        words[name](args)
    }
    static value(Map values, String name) {
        if (!values.containsKey(name)) throw new Fault("$name is not known here")
        values[name]
    }
    static assign(Map assigned, String name, Object value) {
        if (assigned == null) throw new Fault("$name cannot be set here")
        assigned[name] = value as String
    }
    static evaluate(Closure body, Map words = [:], Map values = [:], Map assigned = null) {
        Closure code = body.clone()
        code.delegate = new Scope()
        code.delegate.@words = words
        code.delegate.@values = globals + values
        code.delegate.@assigned = assigned
        code.resolveStrategy = Closure.DELEGATE_ONLY
        code()
    }

    static only(List args, Class type) {
        if (args.size() != 1 || !type.isInstance(args[0])) throw new Fault("$args: one $type.simpleName is needed")
        args[0]
    }
    static text(List args) { only(args, CharSequence) as String }
    static body(List args) { only(args, Closure) }
    static named(List args, Map<String, Class> keys) {
        def map = args ? args[0] : null
        if (!(map instanceof Map) || map.keySet() != keys.keySet()) throw new Fault("$args: $keys is needed")
        keys.each { key, type -> if (!type.isInstance(map[key])) throw new Fault("$key: ${map[key]}") }
        map
    }
    static limit(List args) {
        def map = named(args, [time: Integer, unit: String])
        if (!(map.unit in UNITS)) throw new Fault("unit: $map.unit is not one of $UNITS")
    }
    static need(Map found, String... names) {
        def missing = names.findAll { !found[it] }
        if (missing) throw new Fault("$missing is missing in ${found.keySet()}")
        found
    }

    static pipeline(Closure body) {
        def found = [:]
        evaluate(body, [
            agent: { found.agent = agent(it) },
            options: { options(Reader.body(it)) },
            parameters: { evaluate(Reader.body(it), [booleanParam: {
                named(it, [name: String, defaultValue: Boolean, description: String]) }]) },
            triggers: { evaluate(Reader.body(it), [cron: { found.cron = text(it) }]) },
            stages: { found.stages = stages(Reader.body(it), found.agent == 'any') },
        ], [any: 'any', none: 'none'])
        need(found, 'agent', 'stages')
    }
    static agent(List args) {
        def chosen = text(args)
        if (!(chosen in ['any', 'none'])) throw new Fault("agent $chosen")
        chosen
    }
    static options(Closure body) {
        evaluate(body, [
            disableConcurrentBuilds: { named(it, [abortPrevious: Boolean]) },
            buildDiscarder: { only(it, Map) },
            logRotator: { named(it, [numToKeepStr: String]) },
            timeout: { limit(it) },
        ])
    }
    static stages(Closure body, boolean hasAgent) {
        def found = []
        evaluate(body, [stage: { found << stage(text(it.take(1)), Reader.body(it.drop(1)), hasAgent) }])
        if (!found) throw new Fault('no stage')
        found
    }
    static stage(String name, Closure body, boolean hasAgent) {
        def found = [name: name, environment: [:], when: []]
        evaluate(body, [
            agent: { found.agent = agent(it) },
            when: { found.when = conditions(Reader.body(it), [beforeAgent: { only(it, Boolean) }]) },
            environment: { variables(Reader.body(it), found.environment) },
            matrix: { found.matrix = matrix(Reader.body(it)) },
            steps: { found.steps = steps(Reader.body(it)) },
        ], [any: 'any', none: 'none'])
        if (found.steps && !hasAgent && found.agent != 'any') throw new Fault("$name: steps need an agent")
        if (!found.steps == !found.matrix) throw new Fault("$name: either steps or matrix")
        found
    }
    static variables(Closure body, Map into) {
        evaluate(body, [credentials: { text(it) }], [GIT_COMMIT: '0' * 40, REGISTRY: 'registry.example.com'], into)
    }
    static matrix(Closure body) {
        def found = [axes: [:]]
        evaluate(body, [
            agent: { found.agent = agent(it) },
            axes: { evaluate(Reader.body(it), [axis: { axis(Reader.body(it), found.axes) }]) },
            stages: { found.stages = stages(Reader.body(it), found.agent == 'any') },
            post: { evaluate(Reader.body(it), [always: { found.post = steps(Reader.body(it)) }]) },
        ], [any: 'any', none: 'none'])
        need(found, 'agent', 'axes', 'stages')
    }
    static axis(Closure body, Map axes) {
        def found = [:]
        evaluate(body, [name: { found.name = text(it) }, values: { List given ->
            found.values = given.each { text([it]) } }])
        need(found, 'name', 'values')
        axes[found.name] = found.values
    }
    // A list of closures, each of which tells from the cause whether it holds.
    static conditions(Closure body, Map more = [:]) {
        def found = []
        evaluate(body, [
            not: { def inner = conditions(Reader.body(it)); found << { cause -> !inner.every { it(cause) } } },
            anyOf: { def inner = conditions(Reader.body(it)); found << { cause -> inner.any { it(cause) } } },
            triggeredBy: { assert text(it) == 'TimerTrigger'; found << { cause -> cause == 'timer' } },
            changeset: { def glob = text(it); found << { cause -> cause == 'dependencies' && glob == 'requirements*.txt' } },
            branch: { text(it); found << { cause -> true } },
            expression: { def code = Reader.body(it)
                found << { cause -> evaluate(code, [:], [params: [AUDIT: cause == 'parameter']]) } },
        ] + more)
        if (!found) throw new Fault('a condition is missing')
        found
    }
    static steps(Closure body) {
        def found = []
        evaluate(body, [
            sh: { found << text(it) },
            timeout: { limit(it.take(1)); found.addAll(steps(Reader.body(it.drop(1)))) },
        ])
        if (!found) throw new Fault('a step is missing')
        found
    }
}

class Runner {
    static final CAUSES = ['change', 'dependencies', 'timer', 'parameter']
    String file, cause // no cause: list the steps
    boolean failed
    List causes

    void stage(Map stage, Map environment = [:]) {
        if (!environment) causes = CAUSES.findAll { why -> stage.when.every { it(why) } }
        if (cause && !(cause in causes)) return
        if (!stage.matrix) { sequence(stage.steps, stage.name, environment); return }
        stage.matrix.axes.values().toList().combinations().each { List values ->
            def cell = environment + [stage.matrix.axes.keySet().toList(), values].transpose().collectEntries()
            stage.matrix.stages.each { this.stage(it, cell) }
            sequence(stage.matrix.post ?: [], "$stage.name, at last", cell, true)
        }
    }
    void sequence(List steps, String stage, Map environment, boolean always = false) {
        for (script in steps) {
            if (failed && !always) return
            def code = cause ? sh(script, environment) : 0
            failed |= code != 0
            println JsonOutput.toJson([file: file, stage: stage as String, causes: causes, on: environment, sh: script, code: code])
        }
    }
    int sh(String script, Map environment) {
        def builder = new ProcessBuilder('sh', '-xe', '-c', script).redirectErrorStream(true)
        builder.redirectOutput(ProcessBuilder.Redirect.to(new File('/dev/stderr')))
        builder.directory(new File(file).parentFile)
        builder.environment().putAll([EXECUTOR_NUMBER: '0'] + environment)
        builder.start().waitFor()
    }
}

def cause = args[0] == 'list' ? null : args[0]
def wrong = false
Reader.globals = [env: [:], params: [:]]
args.drop(1).each { name ->
    def runner = new Runner(file: name, cause: cause)
    try {
        def model = null
        new GroovyShell(new Binding(pipeline: { Closure body -> model = Reader.pipeline(body) })).evaluate(new File(name))
        if (!model) throw new Fault('no pipeline')
        model.stages.each { runner.stage(it) }
    } catch (Exception | AssertionError error) {
        println JsonOutput.toJson([file: name, error: error.toString()])
        wrong = true
    }
    wrong |= runner.failed
}
System.exit(wrong ? 1 : 0)
