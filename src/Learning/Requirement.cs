using CoKe.Errors;

namespace CoKe.Learning;

/// <summary>What options must be.</summary>
public static class Requirement
{
    /// <summary>Refuses an option.</summary>
    /// <param name="holds">False: it is refused.</param>
    /// <param name="field">The option.</param>
    /// <param name="value">Its value; null: none.</param>
    /// <param name="problem">What follows "field = value": what is wrong, and what would do.</param>
    /// <exception cref="InvalidOptionsException">It does not hold.</exception>
    public static void Require(bool holds, string field, object? value, string problem)
    {
        if (!holds)
            throw new InvalidOptionsException(
                field,
                FormattableString.Invariant($"{value}"),
                FormattableString.Invariant($"{field} = {value ?? "none"} {problem}.")
            );
    }
}
