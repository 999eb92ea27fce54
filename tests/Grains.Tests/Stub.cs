using System.Reflection;

namespace CoKe.Grains.Tests;

/// <summary>Something that answers every call by its name.</summary>
public class Stub : DispatchProxy
{
    Func<string, object?[], object?>? _answer;

    public static T Of<T>(Func<string, object?[], object?> answer)
        where T : class
    {
        var instance = Create<T, Stub>();
        ((Stub)(object)instance)._answer = answer;
        return instance;
    }

    protected override object? Invoke(MethodInfo? method, object?[]? arguments) => _answer!(method!.Name, arguments!);
}
