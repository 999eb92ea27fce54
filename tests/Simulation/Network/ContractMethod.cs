using System.Collections.Concurrent;
using System.Linq.Expressions;
using System.Reflection;
using Orleans.Concurrency;

namespace CoKe.Simulation;

/// <summary>One method of a grain contract, looked up once per process.</summary>
abstract class ContractMethod
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    static readonly ConcurrentDictionary<MethodInfo, ContractMethod> All = new();
    static readonly ConcurrentDictionary<(MethodInfo, Type), Func<object, object?[], Task>> Bindings = new();

    readonly MethodInfo _method;
    Binding? _last;

    protected ContractMethod(MethodInfo method)
    {
        _method = method;
        Name = method.Name;
        AlwaysInterleave = method.IsDefined(typeof(AlwaysInterleaveAttribute), true);
        ReadOnly = method.IsDefined(typeof(ReadOnlyAttribute), true);
        OneWay = method.IsDefined(typeof(OneWayAttribute), true);
        Timeout = (
            method.GetCustomAttribute<ResponseTimeoutAttribute>() ?? method.DeclaringType!.GetCustomAttribute<ResponseTimeoutAttribute>()
        )?.Timeout
            ?? DefaultTimeout;
    }

    public string Name { get; }

    public bool AlwaysInterleave { get; }

    public bool ReadOnly { get; }

    public bool OneWay { get; }

    public TimeSpan Timeout { get; }

    public static ContractMethod Of(MethodInfo method) => All.TryGetValue(method, out var known) ? known : All.GetOrAdd(method, Create);

    /// <summary>Sends the call; gives what the contract's method returns.</summary>
    public abstract object Send(World world, Kind kind, string key, object?[] args);

    public Task Invoke(object core, object?[] args)
    {
        // One entry serves nearly always: a contract has one core type. Replaced whole, so worlds on several threads are no trouble.
        var binding = _last;
        if (binding?.Core != core.GetType())
            _last = binding = new Binding(
                core.GetType(),
                Bindings.GetOrAdd((_method, core.GetType()), static key => Bind(key.Item1, key.Item2))
            );
        return binding.Invoke(core, args);
    }

    static ContractMethod Create(MethodInfo method)
    {
        var (result, wrapped) = Result(method.ReturnType, method);
        return (ContractMethod)Activator.CreateInstance(typeof(ContractMethod<>).MakeGenericType(result), method, wrapped)!;
    }

    static (Type Result, bool IsValueTask) Result(Type type, MethodInfo method)
    {
        if (type == typeof(Task))
            return (typeof(Nothing), false);
        if (type == typeof(ValueTask))
            return (typeof(Nothing), true);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>))
            return (type.GetGenericArguments()[0], false);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>))
            return (type.GetGenericArguments()[0], true);
        throw new NotSupportedException(
            $"{method.DeclaringType!.Name}.{method.Name} returns {type.Name}: grain methods return Task or ValueTask."
        );
    }

    /// <summary>Compiles core.Method((A)args[0], ...) with the result as a Task.</summary>
    static Func<object, object?[], Task> Bind(MethodInfo contract, Type core)
    {
        var types = contract.GetParameters().Select(p => p.ParameterType).ToArray();
        const BindingFlags anywhere = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var method = contract.DeclaringType!.IsAssignableFrom(core)
            ? contract
            : core.GetMethod(contract.Name, anywhere, types)
                ?? throw new MissingMethodException(
                    $"{core.Name} has no method {contract.Name}({string.Join(", ", types.Select(t => t.Name))}) for "
                        + $"{contract.DeclaringType.Name}."
                );
        var (self, args) = (Expression.Parameter(typeof(object)), Expression.Parameter(typeof(object?[])));
        Expression call = Expression.Call(
            Expression.Convert(self, method.DeclaringType!),
            method,
            types.Select((t, i) => Expression.Convert(Expression.ArrayIndex(args, Expression.Constant(i)), t))
        );
        var (result, isValueTask) = Result(method.ReturnType, method);
        if (result != Result(contract.ReturnType, contract).Result)
            throw new MissingMethodException($"{core.Name}.{method.Name} gives {result.Name}, its contract promises otherwise.");
        if (isValueTask)
            call = Expression.Call(call, nameof(ValueTask.AsTask), null);
        return Expression.Lambda<Func<object, object?[], Task>>(Expression.Convert(call, typeof(Task)), self, args).Compile();
    }

    sealed record Binding(Type Core, Func<object, object?[], Task> Invoke);
}

/// <summary>A contract's method with result T, <see cref="Nothing"/> for none.</summary>
sealed class ContractMethod<T>(MethodInfo method, bool isValueTask) : ContractMethod(method)
{
    public override object Send(World world, Kind kind, string key, object?[] args)
    {
        var call = new Call<T>(world, kind, key, world.Network.NextCallNumber(), this, args);
        world.Network.Send(call);
        if (!isValueTask)
            return call.Task;
        return typeof(T) == typeof(Nothing) ? new ValueTask(call.Task) : new ValueTask<T>(call.Task);
    }
}
