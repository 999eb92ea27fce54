using CoKe.Errors;

namespace CoKe.Web.Problems;

/// <summary>The silo has no room for a request just now; nothing of it was taken.</summary>
sealed class TooBusyException(string message) : CokeException("request", "busy", message);

/// <summary>The silo has not started yet, or stops.</summary>
sealed class SiloNotReadyException(string state) : CokeException("silo", state, $"The silo is {state}: ask again, or another silo.");

/// <summary>A body is larger than any that the silo takes.</summary>
sealed class OversizeBodyException(long bytes, long most)
    : CokeException("body", $"{bytes} bytes", $"The body has {bytes} bytes: send at most {most}, in several requests.");

/// <summary>A body does not tell its length.</summary>
sealed class LengthRequiredException()
    : CokeException(
        "Content-Length",
        "missing",
        "The request does not tell how long its body is: send a Content-Length, not a chunked body."
    );

/// <summary>A body is of a kind that this request does not take.</summary>
sealed class UnsupportedContentException(string given, string taken)
    : CokeException(
        "Content-Type",
        given,
        $"{(given.Length == 0 ? "The request has no Content-Type" : $"Content-Type {given} is not what this request takes")}: send {taken}."
    );

/// <summary>The run that a request names is no more, whoever has its name now.</summary>
sealed class RunGoneException(string runId)
    : CokeException("run", runId, $"There is no run '{runId}' any more: list the runs to see which there are.");

/// <summary>A request makes no sense as it stands.</summary>
sealed class InvalidRequestException(string field, string value, string message, Exception? inner = null)
    : CokeException(field, value, message, inner);

/// <summary>A request is refused because of who makes it, or from where.</summary>
/// <param name="kind">The kind of problem, a name with hyphens.</param>
/// <param name="status">Of the answer.</param>
/// <param name="field">What was wrong.</param>
/// <param name="value">Its value; never a secret.</param>
/// <param name="message">One sentence.</param>
sealed class VisitorRefusedException(string kind, int status, string field, string value, string message)
    : CokeException(field, value, message)
{
    public string Kind => kind;

    public int Status => status;
}
