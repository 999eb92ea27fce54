using CoKe.Abstractions;
using CoKe.Connections;
using CoKe.Errors;

namespace CoKe.Cli.Output;

/// <summary>What <c>coke</c> adds to a sentence of the library.</summary>
static class Advice
{
    /// <summary>The sentence of an error, and what to type.</summary>
    public static string Of(CokeException error) =>
        error is UnknownRunException ? $"{error.Message} 'coke runs' lists them." : ConnectionAdvice.Of(error);
}
