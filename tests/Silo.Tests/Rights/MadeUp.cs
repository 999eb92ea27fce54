using System.Reflection;
using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;

namespace CoKe.Silo.Tests.Rights;

/// <summary>Arguments for any method, such as somebody makes up who has read the sources: the run's own id, its next incarnation.</summary>
/// <param name="runId">The run that is attacked.</param>
/// <param name="incarnation">Its incarnation.</param>
/// <param name="options">What it clusters.</param>
sealed class MadeUp(string runId, int incarnation, ClusteringOptions options)
{
    const int Deepest = 6;

    /// <summary>Arguments of a call.</summary>
    public object?[] Of(MethodInfo method) =>
        [.. method.GetParameters().Select(parameter => Value(parameter.ParameterType, parameter.Name ?? "", 0))];

    object? Value(Type type, string name, int depth)
    {
        if (depth > Deepest)
            return null;
        if (type == typeof(string))
            return name.EndsWith('d') || name == "run" ? runId : "made-up";
        if (type == typeof(int))
            return name.Contains("ncarnation", StringComparison.Ordinal) ? incarnation + 1 : 1;
        if (type == typeof(long))
            return 1L;
        if (type == typeof(ClusteringOptions))
            return options;
        if (type == typeof(RunSpecification))
            return new RunSpecification("made-up", options);
        if (type == typeof(object))
            return "made up";
        if (type == typeof(FloatValues))
            return new FloatValues(Testing.UnitRows.Random(7, 1, options.Dimension));
        if (type == typeof(IntValues))
            return new IntValues([1]);
        if (type == typeof(DoubleValues))
            return new DoubleValues([1.0]);
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return Value(inner, name, depth);
        if (type.IsPrimitive || type.IsEnum || type.Namespace is "System")
            return type.IsValueType ? Activator.CreateInstance(type) : null;
        if (Element(type) is { } element)
            return Many(element, name, depth);
        return Composed(type, depth);
    }

    // The largest constructor is the one that a record or a message is sent by.
    object? Composed(Type type, int depth)
    {
        if (type.IsAbstract || type.ContainsGenericParameters)
            return null;
        var made = type.GetConstructors()
            .Where(constructor => constructor.GetParameters().All(parameter => parameter.ParameterType != type))
            .MaxBy(constructor => constructor.GetParameters().Length);
        try
        {
            return made is null
                ? type.IsValueType
                    ? Activator.CreateInstance(type)
                    : null
                : made.Invoke([
                    .. made.GetParameters().Select(parameter => Value(parameter.ParameterType, parameter.Name ?? "", depth + 1)),
                ]);
        }
        catch (TargetInvocationException)
        {
            return null; // it refuses what was made up for it
        }
    }

    Array Many(Type element, string name, int depth)
    {
        var array = Array.CreateInstance(element, Value(element, name, depth + 1) is null ? 0 : 1);
        if (array.Length > 0)
            array.SetValue(Value(element, name, depth + 1), 0);
        return array;
    }

    static Type? Element(Type type) =>
        type.IsArray ? type.GetElementType()
        : type is { IsInterface: true, IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)
            ? type.GetGenericArguments()[0]
        : null;
}
