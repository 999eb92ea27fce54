using System.Reflection;

namespace CoKe.Grains.Tests.Protocol;

/// <summary>Grains that answer what a test says, and else nothing: at once, with the default value.</summary>
public class FakeGrains : DispatchProxy
{
    /// <summary>Stands for an answer that never comes.</summary>
    public static object Never { get; } = new();

    /// <summary>By contract, key and method; null: the test does not care.</summary>
    public Func<Type, string, string, object?> Answer { get; set; } = (_, _, _) => null;

    public static (IGrainFactory Factory, FakeGrains Grains) Create()
    {
        var factory = Create<IGrainFactory, FakeGrains>();
        return (factory, (FakeGrains)(object)factory);
    }

    protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
        method!.Name == nameof(IGrainFactory.GetGrain)
            ? FakeGrain.Create(method.ReturnType, call => Answer(method.ReturnType, (string)arguments![0]!, call))
            : throw new NotSupportedException(method.Name);

    /// <summary>One of them.</summary>
    public class FakeGrain : DispatchProxy
    {
        static readonly MethodInfo TaskOf = typeof(FakeGrain).GetMethod(nameof(Task), BindingFlags.NonPublic | BindingFlags.Static)!;

        Func<string, object?> _answer = _ => null;

        public static object Create(Type contract, Func<string, object?> answer)
        {
            var grain = Create(contract, typeof(FakeGrain));
            ((FakeGrain)grain)._answer = answer;
            return grain;
        }

        protected override object? Invoke(MethodInfo? method, object?[]? arguments)
        {
            var (answer, type) = (_answer(method!.Name), method.ReturnType);
            if (answer is not null && answer != Never)
                return answer;
            var value = type.IsGenericType ? type.GenericTypeArguments[0] : typeof(bool);
            var task = TaskOf.MakeGenericMethod(value).Invoke(null, [answer == Never])!;
            return type.IsAssignableFrom(task.GetType()) ? task
                : type == typeof(ValueTask) ? new ValueTask((Task)task)
                : Activator.CreateInstance(type, task);
        }

        static Task<T> Task<T>(bool never) =>
            never ? new TaskCompletionSource<T>().Task : System.Threading.Tasks.Task.FromResult(default(T)!);
    }
}
